"""Card readers: the site program (device) and its door on the server (intake); signing and wire are what both share."""
