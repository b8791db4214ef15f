/* Stored passwords in the forms that Dovecot's passwd-files hold. The password is always "secret". */
#include "t/unit/unit.h"

#include "lib/sasl/password.h"

static const struct password_case {
    const char *name;
    const char *stored;
    const char *given;
    enum password_result result;
} cases[] = {
    {"plain text",                                      "{PLAIN}secret",                                                             "secret", PASSWORD_MATCHES },
    {"plain text, wrong",                               "{PLAIN}secret",                                                             "Secret", PASSWORD_MISMATCH},
    {"plain text in hexadecimal",                       "{PLAIN.hex}736563726574",                                                   "secret", PASSWORD_MATCHES },
    {"an empty stored password lets nobody in",         "{PLAIN}",                                                                   "",       PASSWORD_UNUSABLE},
    {"a line without a password lets nobody in",        "",                                                                          "",       PASSWORD_UNUSABLE},
    {"the scheme's name in any case",                   "{plain}secret",                                                             "secret", PASSWORD_MATCHES },
    {"an MD5 digest in hexadecimal",                    "{PLAIN-MD5}5ebe2294ecd0e0f08eab7690d2a6ee69",                               "secret",
     PASSWORD_MATCHES                                                                                                                                           },
    {"an MD5 digest in base64",                         "{LDAP-MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==",                                        "secret", PASSWORD_MATCHES },
    {"SHA-1",                                           "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",                                         "secret", PASSWORD_MATCHES },
    {"SHA-256 in hexadecimal",
     "{SHA256.hex}2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",                                                 "secret",
     PASSWORD_MATCHES                                                                                                                                           },
    {"SHA-256, one octet short",
     "{SHA256.hex}2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a2",                                                   "secret",
     PASSWORD_UNUSABLE                                                                                                                                          },
    {"salted SHA-256",                                  "{SSHA256}+E+iFJ27Yu1ODPH1UNKUmzOmUT06dwfghQJRHHnMsO5zYWx0",                 "secret",
     PASSWORD_MATCHES                                                                                                                                           },
    {"salted SHA-256, wrong",                           "{SSHA256}+E+iFJ27Yu1ODPH1UNKUmzOmUT06dwfghQJRHHnMsO5zYWx0",                 "secreT",
     PASSWORD_MISMATCH                                                                                                                                          },
    {"crypt(3) with SHA-512",
     "{SHA512-CRYPT}$6$rounds=1000$saltsalt$LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/otop/Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/",
     "secret",                                                                                                                                 PASSWORD_MATCHES },
    {"crypt(3) without a scheme in front",
     "$6$rounds=1000$saltsalt$LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/otop/Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/",
     "secret",                                                                                                                                 PASSWORD_MATCHES },
    {"crypt(3) does not stop at a NUL in the password", "{CRYPT}$1$saltsalt$9xy1btjgzLYfb7hivXtC//",
     NULL,                                                                                                                                     PASSWORD_MISMATCH},
    {"md5-crypt under its short name",                  "{MD5}$1$saltsalt$9xy1btjgzLYfb7hivXtC//",                                   "secret",
     PASSWORD_MATCHES                                                                                                                                           },
    {"a locked account",                                "{CRYPT}*",                                                                  "secret", PASSWORD_UNUSABLE},
    {"a scheme that nobody knows",                      "{ROT13}frperg",                                                             "frperg", PASSWORD_UNUSABLE},
};

static void run_case(void **state)
{
    const struct password_case *c = *state;
    struct error err = {0};
    struct span given = unit_copy(c->given == NULL ? span_of("secret\0x", 8) : span_text(c->given));

    assert_int_equal(password_check(c->stored, given, &err), c->result);
    if (c->result == PASSWORD_UNUSABLE)
        assert_int_equal(err.kind, ERROR_PERMANENT);
    free((void *)(uintptr_t)given.data);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    return unit_run("stored passwords", tests, used);
}
