# error: the delivery agents that deliver nothing: error (and retry, by its name in master.cf), discard.
pkglibexec_PROGRAMS += error/error error/discard
error_error_SOURCES = error/error.c
error_discard_SOURCES = error/discard.c
dist_man_MANS += error/error.8 error/discard.8
