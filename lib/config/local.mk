# lib/config: main.cf, master.cf and the parameter table.
lib_libbuzon_a_SOURCES += lib/config/config.h lib/config/parameters.def \
	lib/config/bounds.c \
	lib/config/computed.c lib/config/computed.h \
	lib/config/config.c \
	lib/config/environment.c lib/config/environment.h \
	lib/config/expand.c lib/config/expand.h \
	lib/config/interfaces.c lib/config/interfaces.h \
	lib/config/lines.c lib/config/lines.h \
	lib/config/malformed.c \
	lib/config/master_cf.c lib/config/master_cf.h \
	lib/config/name_flags.c lib/config/name_flags.h \
	lib/config/parameter.c lib/config/parameter.h \
	lib/config/parameter_doc.c \
	lib/config/report.c lib/config/report.h \
	lib/config/service_parameter.c lib/config/service_parameter.h \
	lib/config/source.c lib/config/source.h \
	lib/config/table_parameter.c lib/config/table_parameter.h \
	lib/config/tls_ciphers.c lib/config/tls_ciphers.h \
	lib/config/undefined.c \
	lib/config/unsupported.c \
	lib/config/usage.c lib/config/usage.h \
	lib/config/value.c lib/config/value.h

dist_man_MANS += lib/config/master.cf.5
nodist_man_MANS += lib/config/buzon.cf.5
noinst_PROGRAMS += lib/config/manual
lib_config_manual_SOURCES = lib/config/manual.c
EXTRA_DIST += lib/config/buzon.cf.5.in
CLEANFILES += lib/config/buzon.cf.5

lib/config/buzon.cf.5: lib/config/buzon.cf.5.in lib/config/manual$(EXEEXT)
	$(AM_V_GEN)lib/config/manual$(EXEEXT) <$(srcdir)/lib/config/buzon.cf.5.in >$@.new && mv $@.new $@

check_PROGRAMS += t/unit/config_expand_test t/unit/config_read_test t/unit/config_master_cf_test \
	t/unit/config_report_test t/unit/config_interfaces_test t/unit/config_parameters_test
UNIT_TESTS += t/unit/config_expand_test t/unit/config_read_test t/unit/config_master_cf_test \
	t/unit/config_report_test t/unit/config_interfaces_test t/unit/config_parameters_test
t_unit_config_parameters_test_SOURCES = t/unit/config_parameters_test.c t/unit/postfix_parameters.def
t_unit_config_parameters_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_config_interfaces_test_SOURCES = t/unit/config_interfaces_test.c
t_unit_config_interfaces_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_config_expand_test_SOURCES = t/unit/config_expand_test.c
t_unit_config_expand_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_config_read_test_SOURCES = t/unit/config_read_test.c
t_unit_config_read_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_config_master_cf_test_SOURCES = t/unit/config_master_cf_test.c
t_unit_config_master_cf_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_config_report_test_SOURCES = t/unit/config_report_test.c
t_unit_config_report_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/expand_fuzz t/fuzz/main_cf_fuzz t/fuzz/master_cf_fuzz
FUZZ_TARGETS += t/fuzz/expand_fuzz t/fuzz/main_cf_fuzz t/fuzz/master_cf_fuzz
t_fuzz_expand_fuzz_SOURCES = t/fuzz/expand_fuzz.c
t_fuzz_expand_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_main_cf_fuzz_SOURCES = t/fuzz/main_cf_fuzz.c
t_fuzz_main_cf_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_master_cf_fuzz_SOURCES = t/fuzz/master_cf_fuzz.c
t_fuzz_master_cf_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
