"""What a lamp is: levels, luminaire types, power tables, DALI curve, control gear, circuit watts."""
