# lib/map: look-up tables, lists of them, and match lists.
lib_libbuzon_a_SOURCES += lib/map/map.h lib/map/match_list.h \
	lib/map/accounts.c \
	lib/map/berkeley_db_table.c \
	lib/map/cache.c lib/map/cache.h lib/map/cache_lmdb.c lib/map/cache_proxy.c \
	lib/map/cache_proxy.h lib/map/cache_type.h \
	lib/map/cdb_file.c lib/map/cdb_file.h lib/map/cdb_table.c lib/map/cdb_writer.c \
	lib/map/cidr.c lib/map/cidr.h lib/map/cidr_table.c \
	lib/map/composed.c \
	lib/map/db_btree.c lib/map/db_file.c lib/map/db_file.h lib/map/db_hash.c \
	lib/map/delimited.c lib/map/delimited.h \
	lib/map/items.c \
	lib/map/ldap_entry.c lib/map/ldap_entry.h lib/map/ldap_password.c lib/map/ldap_password.h lib/map/ldap_table.c \
	lib/map/ldap_words.c lib/map/ldap_words.h \
	lib/map/lines.c lib/map/lines.h \
	lib/map/lmdb_table.c lib/map/lmdb_writer.c \
	lib/map/map.c lib/map/map_type.h \
	lib/map/map_file.h lib/map/map_writer.c lib/map/map_writer.h \
	lib/map/map_fold.c lib/map/map_fold.h \
	lib/map/maps.c lib/map/maps_address.c \
	lib/map/memcache_table.c lib/map/redis_table.c \
	lib/map/module.c lib/map/module.h \
	lib/map/match_list.c lib/map/debug_peer.c lib/map/debug_peer.h \
	lib/map/pcre.c \
	lib/map/proxy.c lib/map/proxy.h lib/map/proxy_here.c lib/map/proxy_message.c lib/map/proxy_recent.c \
	lib/map/peer.c lib/map/peer.h \
	lib/map/redirect.c lib/map/reindex.c lib/map/reindex.h \
	lib/map/regexp.c \
	lib/map/replies.c lib/map/replies.h \
	lib/map/rules.c lib/map/rules.h lib/map/rule_result.c \
	lib/map/servers.c lib/map/servers.h lib/map/server_table.c lib/map/server_table.h \
	lib/map/simple.c \
	lib/map/socketmap_table.c \
	lib/map/sql_table.c \
	lib/map/stamp.c lib/map/stored_nul.c \
	lib/map/table_query.c lib/map/table_query.h \
	lib/map/table_settings.c lib/map/table_settings.h \
	lib/map/table_source.c lib/map/table_source.h \
	lib/map/tcp_table.c \
	lib/map/passwd_quota.c lib/map/text_table.c

# Files of Berkeley DB are read by ourselves; writing them takes the library.
if BERKELEY_DB
lib_libbuzon_a_SOURCES += lib/map/berkeley_db.c lib/map/berkeley_db.h lib/map/berkeley_db_writer.c \
	lib/map/cache_berkeley_db.c
endif

dist_man_MANS += lib/map/buzon_tables.5 lib/map/cidr_table.5 lib/map/indexed_table.5 \
	lib/map/ldap_table.5 lib/map/memcache_table.5 lib/map/mysql_table.5 lib/map/pcre_table.5 \
	lib/map/pgsql_table.5 lib/map/redis_table.5 lib/map/regexp_table.5 lib/map/socketmap_table.5 \
	lib/map/sqlite_table.5 lib/map/tcp_table.5

# The drivers of databases: loaded when a table needs one (lib/map/module.h).
if PGSQL
pkglibexec_PROGRAMS += lib/map/driver/buzon-pgsql.so
lib_map_driver_buzon_pgsql_so_SOURCES = lib/map/driver/pgsql.c
lib_map_driver_buzon_pgsql_so_CFLAGS = $(AM_CFLAGS) $(MODULE_CFLAGS) $(PGSQL_CFLAGS)
lib_map_driver_buzon_pgsql_so_LDFLAGS = $(MODULE_LDFLAGS)
lib_map_driver_buzon_pgsql_so_LDADD = $(PGSQL_LIBS)
endif
if MYSQL
pkglibexec_PROGRAMS += lib/map/driver/buzon-mysql.so
lib_map_driver_buzon_mysql_so_SOURCES = lib/map/driver/mysql.c
lib_map_driver_buzon_mysql_so_CFLAGS = $(AM_CFLAGS) $(MODULE_CFLAGS) $(MYSQL_CFLAGS)
lib_map_driver_buzon_mysql_so_LDFLAGS = $(MODULE_LDFLAGS)
lib_map_driver_buzon_mysql_so_LDADD = $(MYSQL_LIBS)
endif
if SQLITE
pkglibexec_PROGRAMS += lib/map/driver/buzon-sqlite.so
lib_map_driver_buzon_sqlite_so_SOURCES = lib/map/driver/sqlite.c
lib_map_driver_buzon_sqlite_so_CFLAGS = $(AM_CFLAGS) $(MODULE_CFLAGS) $(SQLITE_CFLAGS)
lib_map_driver_buzon_sqlite_so_LDFLAGS = $(MODULE_LDFLAGS)
lib_map_driver_buzon_sqlite_so_LDADD = $(SQLITE_LIBS)
endif
if LDAP
pkglibexec_PROGRAMS += lib/map/driver/buzon-ldap.so
lib_map_driver_buzon_ldap_so_SOURCES = lib/map/driver/ldap.c lib/map/driver/ldap_bind.c \
	lib/map/driver/ldap_bind.h lib/map/driver/ldap_connect.c lib/map/driver/ldap_connect.h
lib_map_driver_buzon_ldap_so_CFLAGS = $(AM_CFLAGS) $(MODULE_CFLAGS) $(LDAP_CFLAGS)
lib_map_driver_buzon_ldap_so_LDFLAGS = $(MODULE_LDFLAGS)
lib_map_driver_buzon_ldap_so_LDADD = $(LDAP_LIBS)
endif

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

check_PROGRAMS += t/unit/map_replies_test
UNIT_TESTS += t/unit/map_replies_test
t_unit_map_replies_test_SOURCES = t/unit/map_replies_test.c
t_unit_map_replies_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/map_servers_test
UNIT_TESTS += t/unit/map_servers_test
t_unit_map_servers_test_SOURCES = t/unit/map_servers_test.c
t_unit_map_servers_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/map_table_query_test
UNIT_TESTS += t/unit/map_table_query_test
t_unit_map_table_query_test_SOURCES = t/unit/map_table_query_test.c
t_unit_map_table_query_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

# A build without Berkeley DB, as far as it is another one: it does not need the library.
check_PROGRAMS += t/unit/map_redirect_test
UNIT_TESTS += t/unit/map_redirect_test
t_unit_map_redirect_test_SOURCES = t/unit/map_redirect_test.c lib/map/map_writer.c
t_unit_map_redirect_test_CPPFLAGS = $(AM_CPPFLAGS) -DWITHOUT_BERKELEY_DB
t_unit_map_redirect_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if BERKELEY_DB
check_PROGRAMS += t/unit/map_db_file_test
UNIT_TESTS += t/unit/map_db_file_test
t_unit_map_db_file_test_SOURCES = t/unit/map_db_file_test.c
t_unit_map_db_file_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
endif

if FUZZERS
noinst_PROGRAMS += t/fuzz/map_db_fuzz t/fuzz/map_rules_fuzz t/fuzz/map_lines_fuzz \
	t/fuzz/map_proxy_fuzz t/fuzz/map_replies_fuzz t/fuzz/map_table_query_fuzz t/fuzz/map_cdb_fuzz
FUZZ_TARGETS += t/fuzz/map_db_fuzz t/fuzz/map_rules_fuzz t/fuzz/map_lines_fuzz \
	t/fuzz/map_proxy_fuzz t/fuzz/map_replies_fuzz t/fuzz/map_table_query_fuzz t/fuzz/map_cdb_fuzz
t_fuzz_map_db_fuzz_SOURCES = t/fuzz/map_db_fuzz.c
t_fuzz_map_db_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_map_rules_fuzz_SOURCES = t/fuzz/map_rules_fuzz.c
t_fuzz_map_rules_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_map_lines_fuzz_SOURCES = t/fuzz/map_lines_fuzz.c
t_fuzz_map_lines_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_map_proxy_fuzz_SOURCES = t/fuzz/map_proxy_fuzz.c
t_fuzz_map_proxy_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_map_cdb_fuzz_SOURCES = t/fuzz/map_cdb_fuzz.c
t_fuzz_map_cdb_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_map_replies_fuzz_SOURCES = t/fuzz/map_replies_fuzz.c
t_fuzz_map_replies_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_map_table_query_fuzz_SOURCES = t/fuzz/map_table_query_fuzz.c
t_fuzz_map_table_query_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
