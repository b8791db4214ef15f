# login: the front of IMAP and POP3.
pkglibexec_PROGRAMS += login/login
login_login_SOURCES = login/login.c login/arrival.c login/auth_link.c login/auth_link.h login/client.c login/client.h login/sasl.c login/handover.c login/transfer.c \
	login/imap.c login/imap_command.h login/imap_literals.c login/imap_login.c login/imap_login.h login/log.c login/notifier.c login/notifier.h \
	login/park.c login/park.h login/park_take.c login/pop3.c login/relay.c login/session.c \
	login/worker.c login/worker.h
login_login_LDADD = $(LIBBUZON) $(CRYPT_LIBS)
dist_man_MANS += login/login.8

check_PROGRAMS += t/unit/login_imap_test
UNIT_TESTS += t/unit/login_imap_test
t_unit_login_imap_test_SOURCES = t/unit/login_imap_test.c login/imap_login.c
t_unit_login_imap_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/login_imap_fuzz
FUZZ_TARGETS += t/fuzz/login_imap_fuzz
t_fuzz_login_imap_fuzz_SOURCES = t/fuzz/login_imap_fuzz.c login/imap_login.c
t_fuzz_login_imap_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
