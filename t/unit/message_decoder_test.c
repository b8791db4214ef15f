/* lib/message: transfer encodings undone in blocks of any size. */
#include "t/unit/unit.h"

#include "lib/message/decoder.h"

#define BASE64 TRANSFER_BASE64
#define QP     TRANSFER_QUOTED_PRINTABLE

static const struct decoder_case {
    const char *name;
    enum transfer_encoding encoding;
    const char *text, *decoded;
} cases[] = {
    {"identity",                           TRANSFER_IDENTITY, "a=20b\r\n",        "a=20b\r\n"      },
    {"base64",                             BASE64,            "aGVs\r\nbG8h\r\n", "hello!"         },
    {"with padding of one",                BASE64,            "aGVsbG8=\r\n",     "hello"          },
    {"with padding of two",                BASE64,            "aGVsbA==",         "hell"           },
    {"what is no digit is passed over",    BASE64,            "a*G-V\ns",         "hel"            },
    {"a digit alone is nothing",           BASE64,            "aGVsb",            "hel"            },
    {"quoted-printable",                   QP,                "a=3Db=c3=A9\r\n",  "a=b\xc3\xa9\r\n"},
    {"a soft line end",                    QP,                "a=\r\nb",          "ab"             },
    {"with white space before it",         QP,                "a= \t\r\nb",       "ab"             },
    {"of a bare line feed",                QP,                "a=\nb\n",          "ab\n"           },
    {"at the very end",                    QP,                "ab=",              "ab"             },
    {"white space before a line end goes", QP,                "a b \t\r\nc",      "a b\r\nc"       },
    {"but stays within the line",          QP,                "a \r b",           "a \r b"         },
    {"and at the very end",                QP,                "a ",               "a "             },
    {"no encoding stays",                  QP,                "a=xy=4",           "a=xy=4"         },
    {"nor one that breaks off",            QP,                "a=4=41",           "a=4A"           },
    {"white space behind a sign",          QP,                "a= b",             "a= b"           },
};

static void expect(const struct decoder_case *c, size_t block)
{
    struct decoder decoder = {.encoding = c->encoding};
    struct buf out = BUF(BUF_UNLIMITED);
    struct span rest = span_text(c->text);

    while (rest.len > 0) {
        decoder_put(&decoder, span_first(rest, block), &out);
        rest = span_skip(rest, block);
    }
    decoder_end(&decoder, &out);
    assert_string_equal(buf_text(&out), c->decoded);
    buf_release(&out);
}

/* Wherever it is cut. */
static void decode(void **state)
{
    const struct decoder_case *c = *state;

    for (size_t block = 1; block <= strlen(c->text); block++)
        expect(c, block);
}

static void long_white_space_is_kept(void **state UNUSED)
{
    struct decoder decoder = {.encoding = QP};
    struct buf out = BUF(BUF_UNLIMITED);

    for (int i = 0; i < 1000; i++)
        decoder_put(&decoder, SPAN_LITERAL(" "), &out);
    decoder_put(&decoder, SPAN_LITERAL("x"), &out);
    decoder_end(&decoder, &out);
    assert_int_equal(out.len, 1001);
    buf_release(&out);
}

static void encodings_by_name(void **state UNUSED)
{
    assert_int_equal(transfer_encoding_of(SPAN_EMPTY), TRANSFER_IDENTITY);
    assert_int_equal(transfer_encoding_of(SPAN_LITERAL(" 8BIT ")), TRANSFER_IDENTITY);
    assert_int_equal(transfer_encoding_of(SPAN_LITERAL("Base64")), TRANSFER_BASE64);
    assert_int_equal(transfer_encoding_of(SPAN_LITERAL("quoted-printable")), QP);
    assert_int_equal(transfer_encoding_of(SPAN_LITERAL("x-uuencode")), TRANSFER_UNKNOWN);
}

int main(void)
{
    struct CMUnitTest tests[40];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, decode);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(long_white_space_is_kept);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(encodings_by_name);
    return unit_run("message_decoder", tests, used);
}
