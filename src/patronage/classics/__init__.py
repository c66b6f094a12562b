"""Published models of the field, rebuilt so that they can be run, tested and compared."""
