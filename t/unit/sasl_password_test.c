/* Stored passwords in the forms that Dovecot's passwd-files hold, many of them made by `doveadm pw`. The
 * user is always ana@example.test, the password "secret". */
#include "t/unit/unit.h"

#include "lib/sasl/password.h"

static const struct password_case {
    const char *name;
    const char *stored;
    const char *given;
    enum password_result result;
} cases[] = {
    {"plain text",                                        "{PLAIN}secret",                                                                     "secret",          PASSWORD_MATCHES },
    {"plain text, wrong",                                 "{PLAIN}secret",                                                                     "Secret",          PASSWORD_MISMATCH},
    {"plain text in hexadecimal",                         "{PLAIN.hex}736563726574",                                                           "secret",          PASSWORD_MATCHES },
    {"an empty stored password lets nobody in",           "{PLAIN}",                                                                           "",                PASSWORD_UNUSABLE},
    {"a line without a password lets nobody in",          "",                                                                                  "",                PASSWORD_UNUSABLE},
    {"the scheme's name in any case",                     "{plain}secret",                                                                     "secret",          PASSWORD_MATCHES },
    {"an MD5 digest in hexadecimal",                      "{PLAIN-MD5}5ebe2294ecd0e0f08eab7690d2a6ee69",                                       "secret",
     PASSWORD_MATCHES                                                                                                                                                              },
    {"an MD5 digest in base64",                           "{LDAP-MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==",                                                "secret",          PASSWORD_MATCHES },
    {"SHA-1",                                             "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",                                                 "secret",          PASSWORD_MATCHES },
    {"SHA-256 in hexadecimal",
     "{SHA256.hex}2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",                                                           "secret",
     PASSWORD_MATCHES                                                                                                                                                              },
    {"SHA-256, one octet short",
     "{SHA256.hex}2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a2",                                                             "secret",
     PASSWORD_UNUSABLE                                                                                                                                                             },
    {"salted SHA-256",                                    "{SSHA256}+E+iFJ27Yu1ODPH1UNKUmzOmUT06dwfghQJRHHnMsO5zYWx0",                         "secret",
     PASSWORD_MATCHES                                                                                                                                                              },
    {"salted SHA-256, wrong",                             "{SSHA256}+E+iFJ27Yu1ODPH1UNKUmzOmUT06dwfghQJRHHnMsO5zYWx0",                         "secreT",
     PASSWORD_MISMATCH                                                                                                                                                             },
    {"crypt(3) with SHA-512",
     "{SHA512-CRYPT}$6$rounds=1000$saltsalt$LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/otop/Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/",
     "secret",                                                                                                                                                    PASSWORD_MATCHES },
    {"crypt(3) without a scheme in front",
     "$6$rounds=1000$saltsalt$LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/otop/Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/",
     "secret",                                                                                                                                                    PASSWORD_MATCHES },
    {"crypt(3) does not stop at a NUL in the password",   "{CRYPT}$1$saltsalt$9xy1btjgzLYfb7hivXtC//",
     NULL,                                                                                                                                                        PASSWORD_MISMATCH},
    {"md5-crypt under its short name",                    "{MD5}$1$saltsalt$9xy1btjgzLYfb7hivXtC//",                                           "secret",
     PASSWORD_MATCHES                                                                                                                                                              },
    {"md5-crypt or not, {MD5} may be hexadecimal",        "{MD5}5ebe2294ecd0e0f08eab7690d2a6ee69",
     "secret",                                                                                                                                                    PASSWORD_MATCHES },
    {"or base64",                                         "{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==",                                                     "secret",          PASSWORD_MATCHES },
    {"a digest in hexadecimal where base64 is usual",
     "{SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4",                                                                                          "secret",          PASSWORD_MATCHES },
    {"a digest in base64 where hexadecimal is usual",
     "{PLAIN-MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==",                                                                                                    "secret",          PASSWORD_MATCHES },
    {"SHA-1 by its other name",                           "{SHA1}5en6G6MezRroT3XKqkdPOmY/BfQ=",                                                "secret",          PASSWORD_MATCHES },
    {"SHA-512",
     "{SHA512}vSsar3708Jvp9Szi2NWZZ02Bqp1qRCFpbcTZPdBhnWgs5WtNZKnvCXdhztmeD2cmW192CF5bDufKRpayrW/isg==",
     "secret",                                                                                                                                                    PASSWORD_MATCHES },
    {"salted MD5",                                        "{SMD5}ZatLtXzK7HcW9NHGi8EzhTHgXpQ=",                                                "secret",          PASSWORD_MATCHES },
    {"salted SHA-1",                                      "{SSHA}sDRcIz8JuvMROBlQROKrCVGiAywnhUBA",                                            "secret",          PASSWORD_MATCHES },
    {"salted SHA-512",
     "{SSHA512}NGiPzvMHLYsBFjmjej3R1akHz7h6medh1ddmTVJYun6T2AiuaHyppFc8nIDNSx+eF+DKJEBPgsmGhLX0s+7Bax6ftg8=",
     "secret",                                                                                                                                                    PASSWORD_MATCHES },
    {"a salted digest that is too short",                 "{SSHA}c2hvcnQ=",                                                                    "secret",          PASSWORD_UNUSABLE},
    {"MD4",                                               "{PLAIN-MD4}67d3dafef63ff00603aeef3769cfbf0d",                                       "secret",          PASSWORD_MATCHES },
    {"MD4, wrong",                                        "{PLAIN-MD4}67d3dafef63ff00603aeef3769cfbf0d",                                       "secreT",          PASSWORD_MISMATCH},
    {"MD4 in base64",                                     "{PLAIN-MD4.b64}Z9Pa/vY/8AYDru83ac+/DQ==",                                           "secret",          PASSWORD_MATCHES },
    {"DES",                                               "{DES-CRYPT}Wxsc7uQTUdlXU",                                                          "secret",          PASSWORD_MATCHES },
    {"bcrypt",                                            "{BLF-CRYPT}$2y$05$ZjQ/OCqf7JIDDqIiyotQrOCUiwFHfZzMN80PzvzTMwVJDNrSMbxge",           "secret",
     PASSWORD_MATCHES                                                                                                                                                              },
    {"bcrypt, wrong",                                     "{BLF-CRYPT}$2y$05$ZjQ/OCqf7JIDDqIiyotQrOCUiwFHfZzMN80PzvzTMwVJDNrSMbxge",
     "Secret",                                                                                                                                                    PASSWORD_MISMATCH},
    {"crypt(3) with SHA-256",
     "{SHA256-CRYPT}$5$fBKHMYJirKAYSqYK$mAtFci3RR1hj04mgOmr46jEi/CEw4euVRKZRhCfCcL7",                                                          "secret",
     PASSWORD_MATCHES                                                                                                                                                              },
    {"PBKDF2",                                            "{PBKDF2}$1$bAN8eoy21ptU7FM4$5000$85e55194348e608119cb4bed77750621db0660a3",
     "secret",                                                                                                                                                    PASSWORD_MATCHES },
    {"PBKDF2, wrong",                                     "{PBKDF2}$1$bAN8eoy21ptU7FM4$5000$85e55194348e608119cb4bed77750621db0660a3",
     "Secret",                                                                                                                                                    PASSWORD_MISMATCH},
    {"PBKDF2 that was cut off, so that others would fit", "{PBKDF2}$1$bAN8eoy21ptU7FM4$5000$85",
     "secret",                                                                                                                                                    PASSWORD_UNUSABLE},
    {"PBKDF2 with no iterations",
     "{PBKDF2}$1$bAN8eoy21ptU7FM4$0$85e55194348e608119cb4bed77750621db0660a3",                                                                 "secret",
     PASSWORD_UNUSABLE                                                                                                                                                             },
    {"Argon2i",
     "{ARGON2I}$argon2i$v=19$m=32768,t=4,p=1$By4f9RhOAdz72SpTE+I8LQ$Be2zt8nkGp/jUfdr/vJxneKP16SVFfvgKEg4/ao6JVU",
     "secret",                                                                                                                                                    PASSWORD_MATCHES },
    {"Argon2id",
     "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$/P0+2nyR3GqXqqR/2pFxLA$5InR63RzEy8aqhQhbBGqS9rptkTUqQn6RHzH4H7cbPg",
     "secret",                                                                                                                                                    PASSWORD_MATCHES },
    {"Argon2id, wrong",
     "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$/P0+2nyR3GqXqqR/2pFxLA$5InR63RzEy8aqhQhbBGqS9rptkTUqQn6RHzH4H7cbPg",
     "secre",                                                                                                                                                     PASSWORD_MISMATCH},
    {"one Argon2 is not the other",
     "{ARGON2I}$argon2id$v=19$m=65536,t=3,p=1$/P0+2nyR3GqXqqR/2pFxLA$5InR63RzEy8aqhQhbBGqS9rptkTUqQn6RHzH4H7cbPg",
     "secret",                                                                                                                                                    PASSWORD_UNUSABLE},
    {"SCRAM with SHA-1",
     "{SCRAM-SHA-1}4096,/fFiBX9lKKCPcjL4x0PBNg==,z5IxYV1Wap8BGNzK58fU3lKCsxE=,Xt/XJ+hOwn4epG0AXdWqfuulY/o=",
     "secret",                                                                                                                                                    PASSWORD_MATCHES },
    {"SCRAM with SHA-256",
     "{SCRAM-SHA-256}4096,h211zNWRrYA5qY16KSkWiA==,xlLPLntlHBGKZw/qrxEJWs0EvO+5jW6kSLPEZqqMKnE=,Y7vOk06lcLcu5msZylgZvn61JKZTdORNzw3Po7wnr80=",
     "secret",                                                                                                                                                    PASSWORD_MATCHES },
    {"SCRAM, wrong",
     "{SCRAM-SHA-256}4096,h211zNWRrYA5qY16KSkWiA==,xlLPLntlHBGKZw/qrxEJWs0EvO+5jW6kSLPEZqqMKnE=,Y7vOk06lcLcu5msZylgZvn61JKZTdORNzw3Po7wnr80=",
     "Secret",                                                                                                                                                    PASSWORD_MISMATCH},
    {"SCRAM with a key of the other digest",
     "{SCRAM-SHA-256}4096,/fFiBX9lKKCPcjL4x0PBNg==,z5IxYV1Wap8BGNzK58fU3lKCsxE=,Xt/XJ+hOwn4epG0AXdWqfuulY/o=",
     "secret",                                                                                                                                                    PASSWORD_UNUSABLE},
    {"CRAM-MD5",                                          "{CRAM-MD5}cd3ba7deaad6e5ca23448ba42e379747a9e0f7f1fbc00c8a81bbaac395731b56",
     "secret",                                                                                                                                                    PASSWORD_MATCHES },
    {"CRAM-MD5 by its other name, wrong",
     "{HMAC-MD5}cd3ba7deaad6e5ca23448ba42e379747a9e0f7f1fbc00c8a81bbaac395731b56",                                                             "Secret",
     PASSWORD_MISMATCH                                                                                                                                                             },
    {"DIGEST-MD5 of user, domain and password",           "{DIGEST-MD5}115199a282043a52bb2ece5828cf30e9",
     "secret",                                                                                                                                                    PASSWORD_MATCHES },
    {"DIGEST-MD5, wrong",                                 "{DIGEST-MD5}115199a282043a52bb2ece5828cf30e9",                                      "secre",
     PASSWORD_MISMATCH                                                                                                                                                             },
    {"a one-time password's pass phrase, by SHA-1",
     "{OTP}sha1 1024 94827ae07ac8f98b 211bc592d8a8eded",                                                                                       "secret",          PASSWORD_MATCHES },
    {"a one-time password's pass phrase, wrong",          "{OTP}sha1 1024 94827ae07ac8f98b 211bc592d8a8eded",
     "Secret",                                                                                                                                                    PASSWORD_MISMATCH},
    {"RFC 2289's example with MD5",                       "{OTP}md5 99 TeSt 50fe1962c4965880",                                                 "This is a test.",
     PASSWORD_MATCHES                                                                                                                                                              },
    {"RFC 2289's example with MD4",                       "{OTP}md4 99 TeSt c5e612776e6c237a",                                                 "This is a test.",
     PASSWORD_MATCHES                                                                                                                                                              },
    {"a one-time password without an algorithm",          "{OTP}",                                                                             "secret",          PASSWORD_UNUSABLE},
    {"an encoding that nobody knows",                     "{SHA.rot13}x",                                                                      "x",               PASSWORD_UNUSABLE},
    {"a locked account",                                  "{CRYPT}*",                                                                          "secret",          PASSWORD_UNUSABLE},
    {"a scheme that nobody knows",                        "{ROT13}frperg",                                                                     "frperg",          PASSWORD_UNUSABLE},
};

static void run_case(void **state)
{
    const struct password_case *c = *state;
    struct error err = {0};
    struct span given = unit_copy(c->given == NULL ? span_of("secret\0x", 8) : span_text(c->given));

    assert_int_equal(password_check(c->stored, "ana@example.test", given, &err), c->result);
    if (c->result == PASSWORD_UNUSABLE)
        assert_int_equal(err.kind, ERROR_PERMANENT);
    free((void *)(uintptr_t)given.data);
}

/* RFC 2195's example: plain text and its stored form give the same answer. */
static void run_cram_md5(void **state UNUSED)
{
    static const char *const stored[] = {
        "{PLAIN}tanstaaftanstaaf",
        "{CRAM-MD5}d06d4e1b26fccaa4b0b61801132340a354b21152711fb604ca3e035e7015116b",
    };
    static const unsigned char expected[] = {0xb9, 0x13, 0xa6, 0x02, 0xc7, 0xed, 0xa7, 0xa4,
                                             0x95, 0xb4, 0xe6, 0xe7, 0x33, 0x4d, 0x38, 0x90};
    unsigned char secret[CRAM_MD5_LEN], digest[16];

    for (size_t i = 0; i < ARRAY_LENGTH(stored); i++) {
        assert_true(password_cram_md5_secret(stored[i], secret));
        password_cram_md5_digest(secret, SPAN_LITERAL("<1896.697170952@postoffice.reston.mci.net>"),
                                 digest);
        assert_memory_equal(digest, expected, sizeof(expected));
    }
    assert_false(password_cram_md5_secret("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", secret));
}

/* A secret computed from plain text is what `doveadm pw` stores for the same salt. */
static void run_scram(void **state UNUSED)
{
    static const char stored[] = "{SCRAM-SHA-256}4096,h211zNWRrYA5qY16KSkWiA==,"
                                 "xlLPLntlHBGKZw/qrxEJWs0EvO+5jW6kSLPEZqqMKnE=,"
                                 "Y7vOk06lcLcu5msZylgZvn61JKZTdORNzw3Po7wnr80=";
    struct scram_secret read, computed;

    assert_true(password_scram_secret(stored, "SHA256", SPAN_LITERAL("unused"), &read));
    assert_int_equal(read.iterations, 4096);
    assert_true(password_scram_secret("{PLAIN}secret", "SHA256", span_of(read.salt, read.salt_len),
                                      &computed));
    assert_memory_equal(read.stored_key, computed.stored_key, 32);
    assert_memory_equal(read.server_key, computed.server_key, 32);
    assert_false(password_scram_secret(stored, "SHA1", SPAN_LITERAL("salt"), &read));
    assert_false(password_scram_secret("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "SHA1",
                                       SPAN_LITERAL("salt"), &read));
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 2];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(run_cram_md5);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(run_scram);
    return unit_run("stored passwords", tests, used);
}
