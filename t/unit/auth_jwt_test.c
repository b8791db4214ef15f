/* JSON Web Tokens: the examples of RFC 7515 and RFC 8037, whose times are long over, and what must not pass. */
#include "t/unit/unit.h"

#include "auth/base64url.h"
#include "auth/introspect.h"
#include "auth/jwt.h"

#define RSA_N                                                                                      \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm"  \
    "4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5r" \
    "exMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyx" \
    "XFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"

static const char keys[] =
    "{\"keys\":["
    "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hc"
    "gUuTwjAzZr1Z9CAow\"},"
    "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\"},"
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},"
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},"
    "{\"kty\":\"RSA\",\"use\":\"enc\",\"n\":\"AQAB\",\"e\":\"AQAB\"},"
    "{\"kty\":\"unheard-of\"}]}";

#define CLAIMS                                                                                     \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define HS256           "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." CLAIMS
#define HS256_SIGNATURE ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define RS256           "eyJhbGciOiJSUzI1NiJ9." CLAIMS
#define RS256_SIGNATURE                                                                             \
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5" \
    "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1" \
    "L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYE" \
    "UipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
#define ES256 "eyJhbGciOiJFUzI1NiJ9." CLAIMS
#define ES256_SIGNATURE                                                                            \
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

#define BEFORE 1300819000
#define AFTER  1300819999

static const struct jwt_case {
    const char *name;
    const char *token;
    int64_t now;
    bool valid;
} cases[] = {
    {"a shared secret: RFC 7515 A.1",         HS256 HS256_SIGNATURE,                                  BEFORE, true },
    {"an RSA key: RFC 7515 A.2",              RS256 RS256_SIGNATURE,                                  BEFORE, true },
    {"an elliptic curve: RFC 7515 A.3",       ES256 ES256_SIGNATURE,                                  BEFORE, true },
    {"its time is over",                      HS256 HS256_SIGNATURE,                                  AFTER,  false},
    {"the signature of another token",        HS256 RS256_SIGNATURE,                                  BEFORE, false},
    {"an RSA token with another's signature", RS256 HS256_SIGNATURE,                                  BEFORE, false},
    {"no signature at all",                   "eyJhbGciOiJub25lIn0." CLAIMS ".",                      BEFORE, false},
    {"a signature cut short",                 ES256 ".DtEhU3ljbEg8L38V",                              BEFORE, false},
    {"a signature of no octets",              HS256 ".",                                              BEFORE, false},
    {"a header that must be understood",      "eyJhbGciOiJIUzI1NiIsImNyaXQiOlsieCJdfQ." CLAIMS ".AA",
     BEFORE,                                                                                                  false},
    {"no JSON in it",                         "AAAA.AAAA.AAAA",                                       BEFORE, false},
    {"nothing in it",                         "..",                                                   BEFORE, false},
};

static void run_case(void **state)
{
    const struct jwt_case *c = *state;
    struct span token = unit_copy(span_text(c->token));
    struct error err = {0};
    struct jwks jwks;
    json_t *claims;

    assert_true(jwks_parse(span_text(keys), &jwks, &err));
    assert_int_equal(jwks.count, 4);
    assert_true(jwt_looks_like(token));
    claims = jwt_verify(token, &jwks, c->now, &err);
    assert_int_equal(claims != NULL, c->valid);
    if (c->valid)
        assert_string_equal(json_string_value(json_object_get(claims, "iss")), "joe");
    else
        assert_int_equal(err.kind, ERROR_PERMANENT);
    json_decref(claims);
    jwks_release(&jwks);
    free((void *)(uintptr_t)token.data);
}

/* The public key is known to all: nobody shall sign with it as if it were a shared secret. */
static void an_rsa_key_is_no_secret(void **state UNUSED)
{
    static const char only_rsa[] =
        "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\"}]}";
    struct error err = {0};
    struct jwks jwks;

    assert_true(jwks_parse(span_text(only_rsa), &jwks, &err));
    assert_null(jwt_verify(span_text(HS256 HS256_SIGNATURE), &jwks, BEFORE, &err));
    jwks_release(&jwks);
}

static void keys_that_are_none(void **state UNUSED)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"keys\":[]}",
        "{\"keys\":[{\"kty\":\"oct\"}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\"}]}"};
    struct error err;
    struct jwks jwks;

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        err = (struct error){0};
        assert_false(jwks_parse(span_text(texts[i]), &jwks, &err));
        assert_int_equal(err.kind, ERROR_MALFORMED);
    }
}

static void base64_for_urls(void **state UNUSED)
{
    unsigned char octets[4];
    size_t len;

    assert_true(base64url_decode(SPAN_LITERAL("-_8"), octets, sizeof(octets), &len));
    assert_int_equal(len, 2);
    assert_memory_equal(octets, "\xfb\xff", 2);
    assert_false(base64url_decode(SPAN_LITERAL("+/8"), octets, sizeof(octets), &len));
    assert_false(base64url_decode(SPAN_LITERAL("-_9"), octets, sizeof(octets), &len));
    assert_false(base64url_decode(SPAN_LITERAL("A"), octets, sizeof(octets), &len));
    assert_false(base64url_decode(SPAN_LITERAL("AAAAAAAA"), octets, sizeof(octets), &len));
}

static void answers_of_a_provider(void **state UNUSED)
{
    struct error err = {0};
    json_t *object = introspect_parse(
        SPAN_LITERAL("HTTP/1.1 200 OK\r\nServer: x\r\n\r\n{\"active\": true}"), &err);

    assert_non_null(object);
    json_decref(object);
    assert_null(introspect_parse(SPAN_LITERAL("HTTP/1.1 401 No\r\n\r\n{\"active\":true}"), &err));
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_null(introspect_parse(SPAN_LITERAL("HTTP/1.1 200 OK\r\n\r\n[]"), &err));
    assert_null(introspect_parse(SPAN_LITERAL("HTTP/1.1 200 OK"), &err));
    assert_null(introspect_parse(SPAN_EMPTY, &err));
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 4];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(an_rsa_key_is_no_secret);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(keys_that_are_none);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(base64_for_urls);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(answers_of_a_provider);
    return unit_run("JSON Web Tokens", tests, used);
}
