"""What matplotlib draws from numbers that are given, and the fixed style of every series."""
