# lib/sasl: what is built here and from what.
