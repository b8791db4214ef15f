# lib/dns: the resolver.
lib_libbuzon_a_SOURCES += lib/dns/dns.c lib/dns/dns.h \
	lib/dns/answer.c lib/dns/answer.h \
	lib/dns/ask.c \
	lib/dns/hosts.c lib/dns/hosts.h \
	lib/dns/prepare.c \
	lib/dns/resolver.h

check_PROGRAMS += t/unit/dns_answer_test t/unit/dns_hosts_test t/unit/dns_resolver_test
UNIT_TESTS += t/unit/dns_answer_test t/unit/dns_hosts_test t/unit/dns_resolver_test
t_unit_dns_answer_test_SOURCES = t/unit/dns_answer_test.c t/unit/dns_message.h
t_unit_dns_answer_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_dns_hosts_test_SOURCES = t/unit/dns_hosts_test.c
t_unit_dns_hosts_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
t_unit_dns_resolver_test_SOURCES = t/unit/dns_resolver_test.c t/unit/dns_message.h
t_unit_dns_resolver_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
FUZZ_TARGETS += t/fuzz/dns_answer_fuzz
noinst_PROGRAMS += t/fuzz/dns_answer_fuzz
t_fuzz_dns_answer_fuzz_SOURCES = t/fuzz/dns_answer_fuzz.c
t_fuzz_dns_answer_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
