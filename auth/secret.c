/* Plain text gets a salt that is made of the name; so does a name that nobody has. */
#include "lib/base/base.h"

#include "auth/secret.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define SALT_LEN 16
#define NOBODY   "{PLAIN}nobody's password" /* where the sample is not good for the mechanism */

static void make_salt(const struct secret_key *key, const char *user, unsigned char salt[SALT_LEN])
{
    unsigned char mac[EVP_MAX_MD_SIZE];

    HMAC(EVP_sha256(), key->octets, sizeof(key->octets), (const unsigned char *)user, strlen(user),
         mac, NULL);
    memcpy(salt, mac, SALT_LEN);
}

static bool read_salted(const char *stored, const char *wanted, const unsigned char salt[SALT_LEN],
                        struct sasl_secret *secret_r)
{
    *secret_r = (struct sasl_secret){0};
    if (strcmp(wanted, "CRAM-MD5") == 0)
        return password_cram_md5_secret(stored, secret_r->cram_md5);
    return password_scram_secret(stored, wanted, span_of(salt, SALT_LEN), &secret_r->scram);
}

bool secret_read(const struct secret_key *key, const char *stored, const char *wanted,
                 const char *user, struct sasl_secret *secret_r)
{
    unsigned char salt[SALT_LEN];

    make_salt(key, user, salt);
    if (!read_salted(stored, wanted, salt, secret_r))
        return false;
    secret_r->is_known = true;
    return true;
}

void secret_invent(const struct secret_key *key, const char *sample, const char *wanted,
                   const char *user, struct sasl_secret *secret_r)
{
    static const char nobody[] = NOBODY;
    unsigned char salt[SALT_LEN];

    make_salt(key, user, salt);
    if (!read_salted(sample, wanted, salt, secret_r) &&
        !read_salted(nobody, wanted, salt, secret_r))
        *secret_r = (struct sasl_secret){0};
    memcpy(secret_r->scram.salt, salt, SALT_LEN);
    secret_r->scram.salt_len = SALT_LEN;
    secret_r->is_known = false;
}
