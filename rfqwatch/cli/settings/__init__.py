"""What variables and profiles say of the options, beside what is given on the command line."""
