# nbdb_reindexd: what is built here and from what.
pkglibexec_PROGRAMS += nbdb_reindexd/nbdb_reindexd
nbdb_reindexd_nbdb_reindexd_SOURCES = nbdb_reindexd/nbdb_reindexd.c \
	nbdb_reindexd/place.c nbdb_reindexd/place.h nbdb_reindexd/policy.c nbdb_reindexd/policy.h \
	nbdb_reindexd/syntax.c nbdb_reindexd/syntax.h nbdb_reindexd/table.c nbdb_reindexd/table.h \
	nbdb_reindexd/worker.c nbdb_reindexd/worker.h
dist_man_MANS += nbdb_reindexd/nbdb_reindexd.8

check_PROGRAMS += t/unit/nbdb_reindexd_policy_test
UNIT_TESTS += t/unit/nbdb_reindexd_policy_test
t_unit_nbdb_reindexd_policy_test_SOURCES = t/unit/nbdb_reindexd_policy_test.c \
	nbdb_reindexd/place.c nbdb_reindexd/policy.c nbdb_reindexd/syntax.c nbdb_reindexd/table.c
t_unit_nbdb_reindexd_policy_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
