/* Addresses in a hash and in a list by age. Of guesses there are only keyed digests. */
#include "lib/base/base.h"

#include "auth/penalty.h"

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/map/cidr.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#define FIRST_MS      2000
#define FORGIVEN_MS   120000 /* after so long without a guess */
#define GUESSES_KEPT  10
#define ADDRESSES_MAX 50000
#define KEY_LEN       32
#define PREFIX_OCTETS 8 /* of an IPv6 address */

struct culprit {
    struct culprit *older, *newer;
    unsigned char key[16];
    size_t key_len;
    int64_t last_ms;
    unsigned failures;
    uint64_t guesses[GUESSES_KEPT]; /* digests; the newest first */
};

struct penalty_office {
    const struct config *config;
    struct hash *culprits;
    struct culprit *oldest, *newest;
    unsigned char secret[KEY_LEN];
};

struct penalty_office *penalty_office_create(const struct config *config)
{
    struct penalty_office *office = mem_new(struct penalty_office);

    office->config = config;
    office->culprits = hash_create();
    if (getrandom(office->secret, sizeof(office->secret), 0) != sizeof(office->secret))
        log_fatal("no random numbers from the system");
    return office;
}

/* --- addresses --------------------------------------------------------------------------------------------------- */

static bool is_trusted(const struct penalty_office *office, const struct cidr *address)
{
    struct strlist networks = STRLIST_EMPTY;
    struct cidr network;
    bool trusted = false;

    strlist_split(&networks, office->config->login_trusted_networks, ", \t\r\n");
    for (size_t i = 0; !trusted && i < networks.count; i++)
        trusted = cidr_parse(span_text(networks.items[i]), &network, NULL) &&
                  cidr_contains(&network, address);
    strlist_release(&networks);
    return trusted;
}

/* False: this address knows no penalty. */
static bool make_key(const struct penalty_office *office, const char *text, struct span *key_r,
                     struct cidr *address)
{
    if (office->config->auth_penalty_limit == 0 || !cidr_parse_address(span_text(text), address) ||
        is_trusted(office, address))
        return false;
    *key_r = span_of(address->octets, address->size == 4 ? 4 : PREFIX_OCTETS);
    return true;
}

static void unlink_culprit(struct penalty_office *office, struct culprit *culprit)
{
    if (culprit->older != NULL)
        culprit->older->newer = culprit->newer;
    else
        office->oldest = culprit->newer;
    if (culprit->newer != NULL)
        culprit->newer->older = culprit->older;
    else
        office->newest = culprit->older;
}

static void link_newest(struct penalty_office *office, struct culprit *culprit)
{
    culprit->older = office->newest;
    culprit->newer = NULL;
    if (office->newest != NULL)
        office->newest->newer = culprit;
    else
        office->oldest = culprit;
    office->newest = culprit;
}

static void forgive(struct penalty_office *office, struct culprit *culprit)
{
    hash_remove(office->culprits, span_of(culprit->key, culprit->key_len));
    unlink_culprit(office, culprit);
    mem_free(culprit);
}

static void forgive_old(struct penalty_office *office)
{
    const int64_t now = clock_monotonic_ms();

    while (office->oldest != NULL && (office->oldest->last_ms + FORGIVEN_MS < now ||
                                      hash_count(office->culprits) >= ADDRESSES_MAX))
        forgive(office, office->oldest);
}

/* --- penalties ----------------------------------------------------------------------------------------------------- */

int64_t penalty_delay_ms(struct penalty_office *office, const char *address)
{
    const int64_t limit = (int64_t)office->config->auth_penalty_limit * 1000;
    const struct culprit *culprit;
    struct cidr place;
    struct span key;
    int64_t delay = FIRST_MS;

    if (!make_key(office, address, &key, &place))
        return 0;
    forgive_old(office);
    culprit = hash_get(office->culprits, key);
    if (culprit == NULL)
        return 0;
    for (unsigned i = 1; i < culprit->failures && delay < limit; i++)
        delay *= 2;
    return delay < limit ? delay : limit;
}

static uint64_t digest_guess(const struct penalty_office *office, struct span guess)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    uint64_t digest;

    HMAC(EVP_sha256(), office->secret, sizeof(office->secret), (const unsigned char *)guess.data,
         guess.len, mac, NULL);
    memcpy(&digest, mac, sizeof(digest));
    return digest;
}

static bool is_new_guess(struct culprit *culprit, uint64_t digest)
{
    for (size_t i = 0; i < GUESSES_KEPT; i++)
        if (culprit->guesses[i] == digest)
            return false;
    memmove(culprit->guesses + 1, culprit->guesses,
            sizeof(culprit->guesses) - sizeof(culprit->guesses[0]));
    culprit->guesses[0] = digest;
    return true;
}

void penalty_note_failure(struct penalty_office *office, const char *address, struct span guess)
{
    struct culprit *culprit;
    struct cidr place;
    struct span key;

    if (!make_key(office, address, &key, &place))
        return;
    forgive_old(office);
    culprit = hash_get(office->culprits, key);
    if (culprit == NULL) {
        culprit = mem_new(struct culprit);
        memcpy(culprit->key, key.data, key.len);
        culprit->key_len = key.len;
        hash_put(office->culprits, key, culprit);
    } else {
        unlink_culprit(office, culprit);
    }
    link_newest(office, culprit);
    culprit->last_ms = clock_monotonic_ms();
    if (is_new_guess(culprit, digest_guess(office, guess)))
        culprit->failures++;
}

void penalty_note_success(struct penalty_office *office, const char *address)
{
    struct culprit *culprit;
    struct cidr place;
    struct span key;

    if (!make_key(office, address, &key, &place))
        return;
    culprit = hash_get(office->culprits, key);
    if (culprit != NULL)
        forgive(office, culprit);
}
