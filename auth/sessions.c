/* Two tables: sessions by holder and id, and groups of them by protocol, user and address. */
#include "lib/base/base.h"

#include "auth/sessions.h"

#include "lib/base/buf.h"
#include "lib/base/hash.h"

struct group {
    size_t count;
    size_t key_len;
    char key[]; /* protocol NUL user NUL address */
};

struct held {
    struct held *older, *newer;
    struct session_key key;
    struct group *group;
};

struct session_office {
    struct hash *sessions;
    struct hash *groups;
    struct held *first;
};

struct session_office *session_office_create(void)
{
    struct session_office *office = mem_new(struct session_office);

    office->sessions = hash_create();
    office->groups = hash_create();
    return office;
}

static void make_group_key(struct buf *key, const char *protocol, const char *user,
                           const char *address)
{
    buf_put(key, span_of(protocol, strlen(protocol) + 1));
    buf_put(key, span_of(user, strlen(user) + 1));
    buf_put_text(key, address);
}

/* Without padding, whose octets could be anything. */
static void make_session_key(struct session_key key,
                             char octets[sizeof(key.holder) + sizeof(key.id)])
{
    memcpy(octets, &key.holder, sizeof(key.holder));
    memcpy(octets + sizeof(key.holder), &key.id, sizeof(key.id));
}

size_t sessions_count(const struct session_office *office, const char *protocol, const char *user,
                      const char *address)
{
    struct buf key = BUF(BUF_UNLIMITED);
    const struct group *group;

    make_group_key(&key, protocol, user, address);
    group = hash_get(office->groups, buf_span(&key));
    buf_release(&key);
    return group == NULL ? 0 : group->count;
}

static struct group *take_group(struct session_office *office, struct span key)
{
    struct group *group = hash_get(office->groups, key);

    if (group == NULL) {
        group = mem_alloc(sizeof(*group) + key.len);
        group->key_len = key.len;
        memcpy(group->key, key.data, key.len);
        hash_put(office->groups, key, group);
    }
    group->count++;
    return group;
}

void sessions_begin(struct session_office *office, struct session_key key, const char *protocol,
                    const char *user, const char *address)
{
    char octets[sizeof(key.holder) + sizeof(key.id)];
    struct buf group_key = BUF(BUF_UNLIMITED);
    struct held *session = mem_new(struct held);

    sessions_end(office, key);
    make_group_key(&group_key, protocol, user, address);
    *session = (struct held){.key = key, .newer = office->first};
    session->group = take_group(office, buf_span(&group_key));
    if (office->first != NULL)
        office->first->older = session;
    office->first = session;
    make_session_key(key, octets);
    hash_put(office->sessions, span_of(octets, sizeof(octets)), session);
    buf_release(&group_key);
}

static void leave_group(struct session_office *office, struct group *group)
{
    if (--group->count > 0)
        return;
    hash_remove(office->groups, span_of(group->key, group->key_len));
    mem_free(group);
}

void sessions_end(struct session_office *office, struct session_key key)
{
    char octets[sizeof(key.holder) + sizeof(key.id)];
    struct held *session;

    make_session_key(key, octets);
    session = hash_remove(office->sessions, span_of(octets, sizeof(octets)));
    if (session == NULL)
        return;
    if (session->older != NULL)
        session->older->newer = session->newer;
    else
        office->first = session->newer;
    if (session->newer != NULL)
        session->newer->older = session->older;
    leave_group(office, session->group);
    mem_free(session);
}

void sessions_end_all(struct session_office *office, const void *holder)
{
    for (struct held *session = office->first, *newer; session != NULL; session = newer) {
        newer = session->newer;
        if (session->key.holder == holder)
            sessions_end(office, session->key);
    }
}
