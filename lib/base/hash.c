/*
 * The hash table: open addressing with linear probing, never more than three quarters full, keyed
 * by SipHash-1-3 with a secret of this process, so that nobody can choose keys that collide. A
 * removed entry leaves its slot marked until the next rehash; that is what lets a walk remove.
 */
#include "lib/base/hash.h"

#include "lib/base/log.h"

#include <stdlib.h>
#include <sys/random.h>

#define SLOTS_FIRST 16 /* a power of two */

struct slot {
    uint64_t code;
    char *key; /* NULL: free; `removed`: was used */
    size_t key_len;
    void *value;
};

struct hash {
    struct slot *slots;
    size_t size; /* a power of two */
    size_t count;
    size_t used; /* count and removed ones */
};

static char removed[1];

static uint64_t rotate(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static void sip_absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

static const uint64_t *secret(void)
{
    static uint64_t key[2];
    static bool known;

    if (!known) {
        if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
            log_fatal("getrandom: %s", strerror(errno));
        known = true;
    }
    return key;
}

/* SipHash-1-3 (Aumasson, Bernstein); the value never leaves this process, so the order of octets in
 * a word is the machine's. */
static uint64_t sip_hash(const char *data, size_t len)
{
    const uint64_t *key = secret();
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                     key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
    uint64_t last = (uint64_t)len << 56;
    uint64_t word;

    for (; len >= sizeof(word); data += sizeof(word), len -= sizeof(word)) {
        memcpy(&word, data, sizeof(word));
        sip_absorb(v, word);
    }
    for (size_t i = 0; i < len; i++)
        last |= (uint64_t)(unsigned char)data[i] << (8 * i);
    sip_absorb(v, last);
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static bool is_live(const struct slot *slot)
{
    return slot->key != NULL && slot->key != removed;
}

/* The key's slot, or the free one where its probing ends. */
static struct slot *find(const struct hash *hash, uint64_t code, struct span key)
{
    for (size_t i = code;; i++) {
        struct slot *slot = &hash->slots[i & (hash->size - 1)];

        if (slot->key == NULL)
            return slot;
        if (slot->code == code && is_live(slot) &&
            span_equal(span_of(slot->key, slot->key_len), key))
            return slot;
    }
}

static void resize(struct hash *hash, size_t size)
{
    struct slot *old = hash->slots;
    size_t old_size = hash->size;

    hash->slots = mem_alloc(size * sizeof(*hash->slots));
    hash->size = size;
    hash->used = hash->count;
    for (size_t i = 0; i < old_size; i++) {
        size_t at = old[i].code;

        if (!is_live(&old[i]))
            continue;
        while (hash->slots[at & (size - 1)].key != NULL)
            at++;
        hash->slots[at & (size - 1)] = old[i];
    }
    free(old);
}

struct hash *hash_create(void)
{
    struct hash *hash = mem_new(struct hash);

    resize(hash, SLOTS_FIRST);
    return hash;
}

void hash_free(struct hash **hash, void (*free_value)(void *value))
{
    if (*hash == NULL)
        return;
    for (size_t i = 0; i < (*hash)->size; i++) {
        struct slot *slot = &(*hash)->slots[i];

        if (!is_live(slot))
            continue;
        free(slot->key);
        if (free_value != NULL)
            free_value(slot->value);
    }
    free((*hash)->slots);
    free(*hash);
    *hash = NULL;
}

/* Twice the live entries at least, so that marks of removed ones cannot fill the table. */
static void make_room(struct hash *hash)
{
    size_t size = hash->size;

    if ((hash->used + 1) * 4 <= hash->size * 3)
        return;
    while (size > SLOTS_FIRST && size / 4 > hash->count)
        size /= 2;
    while (size < (hash->count + 1) * 2)
        size *= 2;
    resize(hash, size);
}

void *hash_put(struct hash *hash, struct span key, void *value)
{
    uint64_t code = sip_hash(key.data, key.len);
    struct slot *slot = find(hash, code, key);
    void *old;

    if (slot->key == NULL) {
        make_room(hash);
        slot = find(hash, code, key);
        *slot = (struct slot){code, mem_span(key), key.len, NULL};
        hash->count++;
        hash->used++;
    }
    old = slot->value;
    slot->value = value;
    return old;
}

void *hash_get(const struct hash *hash, struct span key)
{
    return find(hash, sip_hash(key.data, key.len), key)->value;
}

void *hash_remove(struct hash *hash, struct span key)
{
    struct slot *slot = find(hash, sip_hash(key.data, key.len), key);
    void *value = slot->value;

    if (slot->key == NULL)
        return NULL;
    free(slot->key);
    *slot = (struct slot){.key = removed};
    hash->count--;
    return value;
}

size_t hash_count(const struct hash *hash)
{
    return hash->count;
}

bool hash_next(const struct hash *hash, size_t *position, struct span *key_r, void **value_r)
{
    while (*position < hash->size) {
        const struct slot *slot = &hash->slots[(*position)++];

        if (!is_live(slot))
            continue;
        *key_r = span_of(slot->key, slot->key_len);
        *value_r = slot->value;
        return true;
    }
    return false;
}
