# lib/sasl: SASL mechanisms, stored passwords, and the client of auth.
lib_libbuzon_a_SOURCES += lib/sasl/auth_client.c lib/sasl/auth_client.h \
	lib/sasl/cram_md5.c lib/sasl/mechanism.c lib/sasl/mechanism.h lib/sasl/mechanism_steps.h \
	lib/sasl/oauth.c lib/sasl/offer.c lib/sasl/offer.h lib/sasl/scram.c \
	lib/sasl/parking.c lib/sasl/parking.h lib/sasl/place_wire.c lib/sasl/place_wire.h \
	lib/sasl/saslprep.c lib/sasl/saslprep.h lib/sasl/session.c lib/sasl/session.h \
	lib/sasl/password.c lib/sasl/password.h lib/sasl/password_crypt.c lib/sasl/password_derived.c \
	lib/sasl/password_digest.c lib/sasl/password_old.c lib/sasl/password_scheme.h \
	lib/sasl/pop3_lang.c lib/sasl/pop3_lang.h

check_PROGRAMS += t/unit/sasl_password_test t/unit/sasl_mechanism_test
UNIT_TESTS += t/unit/sasl_password_test t/unit/sasl_mechanism_test
t_unit_sasl_password_test_SOURCES = t/unit/sasl_password_test.c
t_unit_sasl_password_test_LDADD = $(LIBBUZON) $(CRYPT_LIBS) $(CMOCKA_LIBS)
t_unit_sasl_mechanism_test_SOURCES = t/unit/sasl_mechanism_test.c
t_unit_sasl_mechanism_test_LDADD = $(LIBBUZON) $(CRYPT_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/sasl_saslprep_test
UNIT_TESTS += t/unit/sasl_saslprep_test
t_unit_sasl_saslprep_test_SOURCES = t/unit/sasl_saslprep_test.c
t_unit_sasl_saslprep_test_LDADD = $(LIBBUZON) $(CRYPT_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/sasl_scram_test
UNIT_TESTS += t/unit/sasl_scram_test
t_unit_sasl_scram_test_SOURCES = t/unit/sasl_scram_test.c
t_unit_sasl_scram_test_LDADD = $(LIBBUZON) $(CRYPT_LIBS) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/sasl_fuzz
FUZZ_TARGETS += t/fuzz/sasl_fuzz
t_fuzz_sasl_fuzz_SOURCES = t/fuzz/sasl_fuzz.c
t_fuzz_sasl_fuzz_LDADD = $(LIBBUZON) $(CRYPT_LIBS)
t_fuzz_sasl_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif

if FUZZERS
noinst_PROGRAMS += t/fuzz/sasl_saslprep_fuzz
FUZZ_TARGETS += t/fuzz/sasl_saslprep_fuzz
t_fuzz_sasl_saslprep_fuzz_SOURCES = t/fuzz/sasl_saslprep_fuzz.c
t_fuzz_sasl_saslprep_fuzz_LDADD = $(LIBBUZON)
t_fuzz_sasl_saslprep_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
