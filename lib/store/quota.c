/* The account's quota: what is asked and told of it when messages come and go. */
#include "lib/base/base.h"

#include "lib/store/driver.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

static bool has_quota(const struct store *store)
{
    return store->settings.format == MAILBOX_MAILDIR;
}

bool store_quota(struct store *store, struct quota_state *state_r, struct error *err)
{
    *state_r = (struct quota_state){0};
    return !has_quota(store) || quota_read(store->folders, &store->settings.quota, state_r, err);
}

bool store_has_room(struct store *store, const char *mailbox, uint64_t octets, uint64_t messages,
                    struct error *err)
{
    struct quota_bonus bonus;

    if (!has_quota(store) || messages == 0)
        return true;
    if (!quota_find_bonus(span_text(store->settings.quota_rules), mailbox, &bonus))
        log_warning("mailbox_quota_rules: %s makes no sense", store->settings.quota_rules);
    return quota_check(store->folders, &store->settings.quota, &bonus, octets, messages, err);
}

/* Octets as stored; the file is asked where the index does not know. */
static bool add_message(struct mailbox *mailbox, size_t at, struct quota_change *change,
                        struct error *err)
{
    struct index_message message;
    struct message_file file;
    enum index_result result = index_get_message(mailbox->store->index, mailbox->id,
                                                 mailbox->messages[at].uid, &message, err);

    if (result != INDEX_FOUND)
        return result == INDEX_ABSENT;
    if (message.size == INDEX_UNKNOWN) {
        if (!mailbox_open_message(mailbox, at, &file, err))
            return err->number == ENOENT;
        message.size = file.size;
        fd_close(&file.fd);
    }
    change->octets += message.size;
    change->messages++;
    return true;
}

bool store_quota_of(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                    struct quota_change *change_r, struct error *err)
{
    struct index *index = mailbox->store->index;
    struct quota_state state;
    bool done;

    *change_r = (struct quota_change){0};
    if (!store_quota(mailbox->store, &state, err))
        return false;
    if (state.limit.storage == 0 && state.limit.messages == 0)
        return true;
    if (mailbox->id == 0 && !mailbox->driver->sync(mailbox, err)) /* the index is new */
        return false;
    if (!index_begin_read(index, err))
        return false;
    done = true;
    for (size_t i = 0; i < count && done; i++)
        done = add_message(mailbox, indices[i], change_r, err);
    index_end_read(index);
    return done;
}

void store_quota_add(struct store *store, const struct quota_change *change)
{
    if (has_quota(store) && change->messages > 0)
        quota_add(store->folders, (int64_t)change->octets, (int64_t)change->messages);
}

void store_quota_subtract(struct store *store, const struct quota_change *change)
{
    if (has_quota(store) && change->messages > 0)
        quota_add(store->folders, -(int64_t)change->octets, -(int64_t)change->messages);
}

void store_quota_recount(struct store *store)
{
    if (has_quota(store))
        quota_recount(store->folders, &store->settings.quota);
}
