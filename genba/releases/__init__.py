"""Making releases of the site program on the operator's machine: the archive, and the signature."""
