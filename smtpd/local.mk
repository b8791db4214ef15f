# smtpd: what is built here and from what.
pkglibexec_PROGRAMS += smtpd/smtpd
dist_man_MANS += smtpd/smtpd.8 smtpd/access.5
smtpd_smtpd_SOURCES = smtpd/smtpd.c smtpd/session.c smtpd/session.h smtpd/client.c smtpd/client.h \
	smtpd/command.c smtpd/command.h smtpd/hello.c smtpd/hello.h smtpd/envelope.c smtpd/content.c \
	smtpd/convert.c smtpd/convert.h smtpd/etrn.c smtpd/submit.c \
	smtpd/submit.h smtpd/received.c smtpd/footer.c smtpd/footer.h smtpd/access.c smtpd/access.h \
	smtpd/access_list.c smtpd/access_rules.c smtpd/access_rules.h smtpd/access_host.c \
	smtpd/access_address.c smtpd/access_table.c smtpd/access_order.c smtpd/access_reply.c

check_PROGRAMS += t/unit/smtpd_convert_test
UNIT_TESTS += t/unit/smtpd_convert_test
t_unit_smtpd_convert_test_SOURCES = t/unit/smtpd_convert_test.c smtpd/convert.c smtpd/convert.h
t_unit_smtpd_convert_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/smtpd_convert_fuzz
FUZZ_TARGETS += t/fuzz/smtpd_convert_fuzz
t_fuzz_smtpd_convert_fuzz_SOURCES = t/fuzz/smtpd_convert_fuzz.c smtpd/convert.c smtpd/convert.h
t_fuzz_smtpd_convert_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
