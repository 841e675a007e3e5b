"""What only time shows: ten thousand creations on a bad line, a month of days, half an hour of the real program."""
