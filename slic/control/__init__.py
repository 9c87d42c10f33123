"""What a lamp should do: programs, calendars, the sun, compiled nights, and the controller of a segment."""
