# lib/message: what is built here and from what.
lib_libbuzon_a_SOURCES += lib/message/atom.h \
	lib/message/address.c lib/message/address.h \
	lib/message/address_list.c lib/message/address_path.c \
	lib/message/date.c lib/message/date.h \
	lib/message/decoder.c lib/message/decoder.h lib/message/extension.c \
	lib/message/header.c lib/message/header.h \
	lib/message/header_addresses.c lib/message/header_addresses.h \
	lib/message/header_fold.c lib/message/header_fold.h \
	lib/message/verp.c lib/message/verp.h

check_PROGRAMS += t/unit/message_address_test
UNIT_TESTS += t/unit/message_address_test
t_unit_message_address_test_SOURCES = t/unit/message_address_test.c
t_unit_message_address_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/message_date_test
UNIT_TESTS += t/unit/message_date_test
t_unit_message_date_test_SOURCES = t/unit/message_date_test.c
t_unit_message_date_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/message_decoder_test
UNIT_TESTS += t/unit/message_decoder_test
t_unit_message_decoder_test_SOURCES = t/unit/message_decoder_test.c
t_unit_message_decoder_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/message_fold_test
UNIT_TESTS += t/unit/message_fold_test
t_unit_message_fold_test_SOURCES = t/unit/message_fold_test.c
t_unit_message_fold_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/message_header_test
UNIT_TESTS += t/unit/message_header_test
t_unit_message_header_test_SOURCES = t/unit/message_header_test.c
t_unit_message_header_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/message_verp_test
UNIT_TESTS += t/unit/message_verp_test
t_unit_message_verp_test_SOURCES = t/unit/message_verp_test.c
t_unit_message_verp_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/message_header_fuzz t/fuzz/address_path_fuzz t/fuzz/address_list_fuzz \
	t/fuzz/date_fuzz t/fuzz/decoder_fuzz t/fuzz/message_fold_fuzz
FUZZ_TARGETS += t/fuzz/message_header_fuzz t/fuzz/address_path_fuzz t/fuzz/address_list_fuzz \
	t/fuzz/date_fuzz t/fuzz/decoder_fuzz t/fuzz/message_fold_fuzz
t_fuzz_message_fold_fuzz_SOURCES = t/fuzz/message_fold_fuzz.c
t_fuzz_message_fold_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_decoder_fuzz_SOURCES = t/fuzz/decoder_fuzz.c
t_fuzz_decoder_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_message_header_fuzz_SOURCES = t/fuzz/message_header_fuzz.c
t_fuzz_message_header_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_address_path_fuzz_SOURCES = t/fuzz/address_path_fuzz.c
t_fuzz_address_path_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_address_list_fuzz_SOURCES = t/fuzz/address_list_fuzz.c
t_fuzz_address_list_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_date_fuzz_SOURCES = t/fuzz/date_fuzz.c
t_fuzz_date_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif

lib_libbuzon_a_SOURCES += lib/message/bodystructure.c \
	lib/message/crlf.c lib/message/crlf.h \
	lib/message/casemap.c lib/message/casemap.h \
	lib/message/encoding.c lib/message/encoding.h \
	lib/message/envelope.c lib/message/envelope.h lib/message/envelope_read.c \
	lib/message/imap_text.c lib/message/imap_text.h \
	lib/message/mime.c lib/message/mime.h lib/message/mime_continuation.c lib/message/mime_field.c \
	lib/message/content_order.c lib/message/content_order.h \
	lib/message/mime_type.c lib/message/mime_type.h lib/message/mime_walk.c lib/message/mime_walk.h \
	lib/message/mime_walk_body.c lib/message/mime_walk_state.h \
	lib/message/preview.c lib/message/preview.h \
	lib/message/subject.c lib/message/subject.h \
	lib/message/surrogate.c lib/message/surrogate.h \
	lib/message/surrogate_field.c lib/message/surrogate_field.h

check_PROGRAMS += t/unit/message_preview_test
UNIT_TESTS += t/unit/message_preview_test
t_unit_message_preview_test_SOURCES = t/unit/message_preview_test.c
t_unit_message_preview_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/message_mime_test
UNIT_TESTS += t/unit/message_mime_test
t_unit_message_mime_test_SOURCES = t/unit/message_mime_test.c
t_unit_message_mime_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/mime_fuzz t/fuzz/mime_walk_fuzz
FUZZ_TARGETS += t/fuzz/mime_fuzz t/fuzz/mime_walk_fuzz
t_fuzz_mime_walk_fuzz_SOURCES = t/fuzz/mime_walk_fuzz.c
t_fuzz_mime_walk_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
t_fuzz_mime_fuzz_SOURCES = t/fuzz/mime_fuzz.c
t_fuzz_mime_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif

check_PROGRAMS += t/unit/message_walk_test
UNIT_TESTS += t/unit/message_walk_test
t_unit_message_walk_test_SOURCES = t/unit/message_walk_test.c
t_unit_message_walk_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

check_PROGRAMS += t/unit/message_collation_test
UNIT_TESTS += t/unit/message_collation_test
t_unit_message_collation_test_SOURCES = t/unit/message_collation_test.c
t_unit_message_collation_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/collation_fuzz
FUZZ_TARGETS += t/fuzz/collation_fuzz
t_fuzz_collation_fuzz_SOURCES = t/fuzz/collation_fuzz.c
t_fuzz_collation_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif

check_PROGRAMS += t/unit/message_surrogate_test
UNIT_TESTS += t/unit/message_surrogate_test
t_unit_message_surrogate_test_SOURCES = t/unit/message_surrogate_test.c
t_unit_message_surrogate_test_LDADD = $(LIBBUZON) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += t/fuzz/surrogate_fuzz
FUZZ_TARGETS += t/fuzz/surrogate_fuzz
t_fuzz_surrogate_fuzz_SOURCES = t/fuzz/surrogate_fuzz.c
t_fuzz_surrogate_fuzz_LDFLAGS = $(FUZZ_LDFLAGS)
endif
