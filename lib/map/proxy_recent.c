/* Answers of proxymap that are still fresh (lib/map/proxy.h). */
#include "lib/map/proxy.h"

#include "lib/base/clock.h"
#include "lib/base/hash.h"

#define KEY_MAX   1024 /* octets of a question, with its list */
#define VALUE_MAX 1024

struct entry {
    int64_t until_ms;
    struct proxy_answer answer; /* without value and reason */
    size_t value_len;
    char value[];
};

struct proxy_recent {
    struct hash *entries; /* by the question as octets */
    struct buf asked;     /* the question that was not found; empty: it is too large */
    int64_t asked_ms;     /* and since when */
};

struct proxy_recent *proxy_recent_create(void)
{
    struct proxy_recent *recent = mem_new(struct proxy_recent);

    recent->entries = hash_create();
    recent->asked = BUF(KEY_MAX);
    return recent;
}

static void free_entry(void *entry)
{
    mem_free(entry);
}

void proxy_recent_free(struct proxy_recent **recent)
{
    if (*recent == NULL)
        return;
    hash_free(&(*recent)->entries, free_entry);
    buf_release(&(*recent)->asked);
    mem_free(*recent);
    *recent = NULL;
}

/* No two questions have the same octets: what is of any length has its length before it. */
static bool put_octets(struct buf *to, struct span octets)
{
    uint64_t len = octets.len;

    return buf_append(to, &len, sizeof(len)) && buf_append_span(to, octets);
}

static bool put_question(struct buf *to, const char *service, const struct proxy_question *question)
{
    bool fits = put_octets(to, span_text(service)) && put_octets(to, span_text(question->list)) &&
                buf_append(to, &question->flags, sizeof(question->flags));

    for (size_t i = 0; fits && i < question->key_count; i++)
        fits = buf_append_char(to, question->keys[i].is_partial ? 1 : 0) &&
               put_octets(to, question->keys[i].octets);
    return fits;
}

bool proxy_recent_find(struct proxy_recent *recent, const char *service,
                       const struct proxy_question *question, struct proxy_answer *answer_r,
                       struct buf *value_r)
{
    const struct entry *entry;

    recent->asked_ms = clock_monotonic_ms();
    buf_clear(&recent->asked);
    if (!put_question(&recent->asked, service, question)) {
        buf_clear(&recent->asked);
        return false;
    }
    entry = hash_get(recent->entries, buf_span(&recent->asked));
    if (entry == NULL || recent->asked_ms >= entry->until_ms)
        return false;
    buf_clear(value_r);
    if (!buf_append(value_r, entry->value, entry->value_len))
        return false;
    *answer_r = entry->answer;
    return true;
}

static void forget_all(struct proxy_recent *recent)
{
    hash_free(&recent->entries, free_entry);
    recent->entries = hash_create();
}

void proxy_recent_keep(struct proxy_recent *recent, const struct proxy_answer *answer,
                       struct span value)
{
    struct entry *entry;

    if (answer->fresh_ms == 0 || recent->asked.len == 0 || value.len > VALUE_MAX)
        return;
    if (hash_count(recent->entries) >= PROXY_RECENT_MAX)
        forget_all(recent);
    entry = mem_alloc(sizeof(*entry) + value.len);
    /* Not from now: proxymap's clock did not wait for the answer to arrive. */
    entry->until_ms = recent->asked_ms + (int64_t)answer->fresh_ms;
    entry->answer = *answer;
    entry->value_len = value.len;
    if (value.len > 0)
        memcpy(entry->value, value.data, value.len);
    mem_free(hash_put(recent->entries, buf_span(&recent->asked), entry));
}
