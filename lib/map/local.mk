# lib/map: look-up tables, lists of them, and match lists.
lib_libbuzon_a_SOURCES += lib/map/map.h lib/map/match_list.h \
	lib/map/accounts.c \
	lib/map/berkeley_db.c lib/map/berkeley_db.h lib/map/berkeley_db_table.c \
	lib/map/berkeley_db_writer.c \
	lib/map/cidr.c lib/map/cidr.h lib/map/cidr_table.c \
	lib/map/composed.c \
	lib/map/db_btree.c lib/map/db_file.c lib/map/db_file.h lib/map/db_hash.c \
	lib/map/delimited.c lib/map/delimited.h \
	lib/map/items.c \
	lib/map/lines.c lib/map/lines.h \
	lib/map/lmdb_table.c lib/map/lmdb_writer.c \
	lib/map/map.c lib/map/map_type.h \
	lib/map/map_file.h lib/map/map_writer.c lib/map/map_writer.h \
	lib/map/map_fold.c lib/map/map_fold.h \
	lib/map/maps.c lib/map/maps_address.c \
	lib/map/match_list.c \
	lib/map/pcre.c \
	lib/map/proxy.c lib/map/proxy.h lib/map/proxy_message.c \
	lib/map/regexp.c \
	lib/map/rules.c lib/map/rules.h lib/map/rule_result.c \
	lib/map/simple.c \
	lib/map/stamp.c lib/map/stored_nul.c \
	lib/map/text_table.c

check_PROGRAMS += t/unit/map_lines_test
UNIT_TESTS += t/unit/map_lines_test
t_unit_map_lines_test_SOURCES = t/unit/map_lines_test.c
t_unit_map_lines_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/map_test
UNIT_TESTS += t/unit/map_test
t_unit_map_test_SOURCES = t/unit/map_test.c
t_unit_map_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/map_proxy_test
UNIT_TESTS += t/unit/map_proxy_test
t_unit_map_proxy_test_SOURCES = t/unit/map_proxy_test.c
t_unit_map_proxy_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/map_match_list_test
UNIT_TESTS += t/unit/map_match_list_test
t_unit_map_match_list_test_SOURCES = t/unit/map_match_list_test.c
t_unit_map_match_list_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/map_writer_test
UNIT_TESTS += t/unit/map_writer_test
t_unit_map_writer_test_SOURCES = t/unit/map_writer_test.c
t_unit_map_writer_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/map_db_file_test
UNIT_TESTS += t/unit/map_db_file_test
t_unit_map_db_file_test_SOURCES = t/unit/map_db_file_test.c
t_unit_map_db_file_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/map_db_fuzz t/fuzz/map_rules_fuzz t/fuzz/map_lines_fuzz \
	t/fuzz/map_proxy_fuzz
FUZZ_TARGETS += t/fuzz/map_db_fuzz t/fuzz/map_rules_fuzz t/fuzz/map_lines_fuzz \
	t/fuzz/map_proxy_fuzz
t_fuzz_map_db_fuzz_SOURCES = t/fuzz/map_db_fuzz.c
t_fuzz_map_db_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_map_rules_fuzz_SOURCES = t/fuzz/map_rules_fuzz.c
t_fuzz_map_rules_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_map_lines_fuzz_SOURCES = t/fuzz/map_lines_fuzz.c
t_fuzz_map_lines_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_map_proxy_fuzz_SOURCES = t/fuzz/map_proxy_fuzz.c
t_fuzz_map_proxy_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
