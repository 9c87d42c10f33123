"""What it costs and gives: energy from breakpoints, service to road users, savings with a range."""
