"""Card readers: the site program (device) and its door on the server (intake). Both are still to be built."""
