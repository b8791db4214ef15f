/*
 * SCRAM from both sides: a client of our own, after RFC 5802 section 3, against the mechanism; and what a client
 * may get wrong, on purpose or not.
 */
#include "t/unit/unit.h"

#include "lib/sasl/mechanism.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define EXPORTER "exporter octets of the session.."
#define UNIQUE   "unique octets"

static const struct scram_case {
    const char *name;
    const char *mechanism;
    const char *header;  /* gs2: "n,," */
    const char *binding; /* what the client takes for its binding; "" */
    const char *user, *password;
    const char *exporter; /* the channel's */
    enum sasl_step last;
    const char *authzid;
} cases[] = {
    {"SHA-256 with the right password",      "SCRAM-SHA-256",      "n,,",              "",       "n=ana",      "secret", "",
     SASL_STEP_VERIFIED,                                                                                                                                ""    },
    {"SHA-1 with the right password",        "SCRAM-SHA-1",        "n,,",              "",       "n=ana",      "secret", "",
     SASL_STEP_VERIFIED,                                                                                                                                ""    },
    {"a wrong password",                     "SCRAM-SHA-256",      "n,,",              "",       "n=ana",      "Secret", "",       SASL_STEP_FAILED,    NULL  },
    {"a user who does not exist",            "SCRAM-SHA-256",      "n,,",              "",       "n=nobody",   "secret", "",
     SASL_STEP_FAILED,                                                                                                                                  NULL  },
    {"a name with comma and equals sign",    "SCRAM-SHA-256",      "n,,",              "",       "n=a=2Cb=3D", "secret", "",
     SASL_STEP_VERIFIED,                                                                                                                                ""    },
    {"a name with another equals sign",      "SCRAM-SHA-256",      "n,,",              "",       "n=a=b",      "secret", "",
     SASL_STEP_MALFORMED,                                                                                                                               NULL  },
    {"an identity to act as",                "SCRAM-SHA-256",      "n,a=luis,",        "",       "n=ana",      "secret", "",
     SASL_STEP_VERIFIED,                                                                                                                                "luis"},
    {"bound to the TLS session",             "SCRAM-SHA-256-PLUS", "p=tls-exporter,,", EXPORTER, "n=ana",
     "secret",                                                                                                           EXPORTER, SASL_STEP_VERIFIED,  ""    },
    {"bound by tls-unique",                  "SCRAM-SHA-1-PLUS",   "p=tls-unique,,",   UNIQUE,   "n=ana",      "secret",
     EXPORTER,                                                                                                                     SASL_STEP_VERIFIED,  ""    },
    {"bound to another TLS session",         "SCRAM-SHA-256-PLUS", "p=tls-exporter,,", UNIQUE,   "n=ana",
     "secret",                                                                                                           EXPORTER, SASL_STEP_FAILED,    NULL  },
    {"bound to what there is not",           "SCRAM-SHA-256-PLUS", "p=tls-nothing,,",  EXPORTER, "n=ana",
     "secret",                                                                                                           EXPORTER, SASL_STEP_MALFORMED, NULL  },
    {"PLUS without binding",                 "SCRAM-SHA-256-PLUS", "n,,",              "",       "n=ana",      "secret", EXPORTER,
     SASL_STEP_MALFORMED,                                                                                                                               NULL  },
    {"binding without PLUS",                 "SCRAM-SHA-256",      "p=tls-exporter,,", EXPORTER, "n=ana",      "secret",
     EXPORTER,                                                                                                                     SASL_STEP_MALFORMED, NULL  },
    {"the offer of PLUS was taken out",      "SCRAM-SHA-256",      "y,,",              "",       "n=ana",      "secret", EXPORTER,
     SASL_STEP_MALFORMED,                                                                                                                               NULL  },
    {"there was no offer of PLUS",           "SCRAM-SHA-256",      "y,,",              "",       "n=ana",      "secret", "",
     SASL_STEP_VERIFIED,                                                                                                                                ""    },
    {"an extension that must be understood", "SCRAM-SHA-256",      "n,,",              "",       "m=x,n=ana",  "secret", "",
     SASL_STEP_MALFORMED,                                                                                                                               NULL  },
    {"no name",                              "SCRAM-SHA-256",      "n,,",              "",       "n=",         "secret", "",       SASL_STEP_MALFORMED, NULL  },
};

/* --- the client --------------------------------------------------------------------------------------------------- */

static char *encode(struct arena *arena, const void *octets, size_t len)
{
    char *text = arena_alloc(arena, len * 2 + 8);

    EVP_EncodeBlock((unsigned char *)text, octets, (int)len);
    return text;
}

static const char *final_message(struct arena *arena, const struct scram_case *c, const char *bare,
                                 struct span server_first)
{
    const EVP_MD *digest = strstr(c->mechanism, "256") != NULL ? EVP_sha256() : EVP_sha1();
    const size_t len = (size_t)EVP_MD_get_size(digest);
    unsigned char salt[64], salted[32], key[32], stored[32], signature[32];
    char nonce[256], salt64[128];
    unsigned iterations;
    const char *first = arena_text(arena, server_first), *without_proof, *message, *bound;

    assert_int_equal(sscanf(first, "r=%255[^,],s=%127[^,],i=%u", nonce, salt64, &iterations), 3);
    (void)EVP_DecodeBlock(salt, (unsigned char *)salt64, (int)strlen(salt64));
    PKCS5_PBKDF2_HMAC(c->password, -1, salt, 16, (int)iterations, digest, (int)len, salted);
    HMAC(digest, salted, (int)len, (const unsigned char *)"Client Key", 10, key, NULL);
    EVP_Digest(key, len, stored, NULL, digest, NULL);
    bound = arena_printf(arena, "%s%s", c->header, c->binding);
    without_proof = arena_printf(arena, "c=%s,r=%s", encode(arena, bound, strlen(bound)), nonce);
    message = arena_printf(arena, "%s,%s,%s", bare, first, without_proof);
    HMAC(digest, stored, (int)len, (const unsigned char *)message, strlen(message), signature,
         NULL);
    for (size_t i = 0; i < len; i++)
        key[i] ^= signature[i];
    return arena_printf(arena, "%s,p=%s", without_proof, encode(arena, key, len));
}

static enum sasl_step say(struct sasl_exchange *exchange, const char *text, struct span *challenge)
{
    struct span octets = unit_copy(span_text(text));
    enum sasl_step step = sasl_advance(exchange, octets, challenge);

    free((void *)(uintptr_t)octets.data);
    return step;
}

static struct sasl_secret secret_of(const struct sasl_exchange *exchange)
{
    struct sasl_secret secret = {.is_known = strcmp(exchange->user, "nobody") != 0};

    assert_true(password_scram_secret("{PLAIN}secret", exchange->wanted,
                                      SPAN_LITERAL("sixteen octets.."), &secret.scram));
    return secret;
}

static void run_case(void **state)
{
    const struct scram_case *c = *state;
    struct arena *arena = arena_create();
    const struct sasl_channel channel = {.hostname = "mail.example",
                                         .exporter = span_text(c->exporter),
                                         .unique = SPAN_LITERAL(UNIQUE),
                                         .certificate_name = ""};
    const struct sasl_channel plain = {.hostname = "mail.example", .certificate_name = ""};
    struct sasl_exchange exchange = {.mechanism = sasl_mechanism_find(c->mechanism),
                                     .arena = arena,
                                     .channel = c->exporter[0] == '\0' ? &plain : &channel};
    const char *bare = arena_printf(arena, "%s,r=clientnonce", c->user);
    struct span challenge;
    enum sasl_step step = say(&exchange, arena_printf(arena, "%s%s", c->header, bare), &challenge);

    if (step == SASL_STEP_SECRET) {
        struct sasl_secret secret = secret_of(&exchange);
        step = sasl_supply(&exchange, &secret, &challenge);
        assert_int_equal(step, SASL_STEP_CHALLENGE);
        step = say(&exchange, final_message(arena, c, bare, challenge), &challenge);
    }
    if (step == SASL_STEP_CHALLENGE) {
        assert_true(span_starts_with(challenge, "v="));
        step = say(&exchange, "", &challenge);
    }
    assert_int_equal(step, c->last);
    if (c->authzid != NULL)
        assert_string_equal(exchange.authzid, c->authzid);
    arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    return unit_run("SCRAM", tests, used);
}
