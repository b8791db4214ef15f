# auth: password checks.
pkglibexec_PROGRAMS += auth/auth
auth_auth_SOURCES = auth/auth.c auth/base64url.c auth/base64url.h auth/cache.c auth/cache.h auth/database.c \
	auth/database.h auth/entry.c auth/entry.h auth/exchange.c auth/exchange.h auth/exchange_end.c auth/exchange_private.h auth/introspect.c \
	auth/introspect.h auth/jwks.c auth/jwks.h auth/jwt.c auth/jwt.h auth/oauth.c auth/oauth.h auth/pam.c \
	auth/pam.h auth/pass.c auth/pass.h auth/passdb.c auth/passdb.h auth/passdb_judge.c auth/passdb_private.h auth/passwd_file.c auth/passwd_file.h auth/peer.c auth/peer.h \
	auth/penalty.c auth/penalty.h auth/place.c auth/place.h auth/secret.c auth/secret.h auth/sessions.c auth/sessions.h auth/ticket.c \
	auth/ticket.h auth/username.c auth/username.h auth/worker.c auth/worker.h auth/worker_message.c \
	auth/worker_message.h
auth_auth_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
auth_auth_LDADD = $(LIBBUZON) $(PAM_LIBS) $(CRYPT_LIBS) $(JANSSON_LIBS)
dist_man_MANS += auth/auth.8 auth/buzon-passwd-file.5

check_PROGRAMS += t/unit/auth_passwd_file_test
UNIT_TESTS += t/unit/auth_passwd_file_test
t_unit_auth_passwd_file_test_SOURCES = t/unit/auth_passwd_file_test.c auth/entry.c auth/passwd_file.c
t_unit_auth_passwd_file_test_LDADD = $(LIBBUZON) $(CRYPT_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/auth_pass_test
UNIT_TESTS += t/unit/auth_pass_test
t_unit_auth_pass_test_SOURCES = t/unit/auth_pass_test.c auth/pass.c
t_unit_auth_pass_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/passwd_file_fuzz t/fuzz/token_fuzz
FUZZ_TARGETS += t/fuzz/passwd_file_fuzz t/fuzz/token_fuzz
t_fuzz_token_fuzz_SOURCES = t/fuzz/token_fuzz.c auth/base64url.c auth/introspect.c auth/jwks.c auth/jwt.c
t_fuzz_token_fuzz_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
t_fuzz_token_fuzz_LDADD = $(LIBBUZON) $(JANSSON_LIBS)
t_fuzz_token_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_passwd_file_fuzz_SOURCES = t/fuzz/passwd_file_fuzz.c auth/entry.c auth/passwd_file.c
t_fuzz_passwd_file_fuzz_LDADD = $(LIBBUZON) $(CRYPT_LIBS)
t_fuzz_passwd_file_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif

check_PROGRAMS += t/unit/auth_jwt_test t/unit/auth_rules_test t/unit/auth_ticket_test
UNIT_TESTS += t/unit/auth_jwt_test t/unit/auth_rules_test t/unit/auth_ticket_test
t_unit_auth_jwt_test_SOURCES = t/unit/auth_jwt_test.c auth/base64url.c auth/introspect.c auth/jwks.c auth/jwt.c
t_unit_auth_jwt_test_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
t_unit_auth_jwt_test_LDADD = $(LIBBUZON) $(JANSSON_LIBS) $(CMOCKA_LIBS)
t_unit_auth_rules_test_SOURCES = t/unit/auth_rules_test.c auth/cache.c auth/entry.c auth/penalty.c \
	auth/secret.c auth/sessions.c auth/username.c
t_unit_auth_rules_test_LDADD = $(LIBBUZON) $(CRYPT_LIBS) $(CMOCKA_LIBS)
t_unit_auth_ticket_test_SOURCES = t/unit/auth_ticket_test.c auth/ticket.c
t_unit_auth_ticket_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)
