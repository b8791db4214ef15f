# pop3d: what is built here and from what.
