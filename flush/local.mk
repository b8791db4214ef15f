# flush: what is built here and from what.
pkglibexec_PROGRAMS += flush/flush
flush_flush_SOURCES = flush/flush.c flush/record.c flush/record.h
dist_man_MANS += flush/flush.8

check_PROGRAMS += t/unit/flush_record_test
UNIT_TESTS += t/unit/flush_record_test
t_unit_flush_record_test_SOURCES = t/unit/flush_record_test.c flush/record.c flush/record.h
t_unit_flush_record_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
