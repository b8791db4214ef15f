/* STATUS: what a mailbox has, without a view of it. */
#include "lib/base/base.h"

#include "lib/store/driver.h"

static bool fill_status(struct mailbox *mailbox, struct store_status *status,
                        struct index_mailbox *state, struct error *err)
{
    struct index *index = mailbox->store->index;
    bool done;

    *status = (struct store_status){0};
    if (!index_begin_read(index, err))
        return false;
    done = mailbox_read_state(mailbox, state, err) &&
           state_count_from(mailbox, state, state->claimed_uid, &status->recent, err);
    index_end_read(index);
    status->messages = state->messages;
    status->unseen = state->unseen;
    status->uidnext = state->uidnext;
    status->uidvalidity = state->uidvalidity;
    status->modseq = state->modseq;
    status->no_modseqs = mailbox->no_modseqs;
    status->size = state->virtual_size;
    status->deleted = state->deleted;
    status->deleted_size = state->deleted_size;
    memcpy(status->guid, state->guid, sizeof(status->guid));
    return done;
}

/* Sizes that neither name nor index tell are found in the files. */
static bool learn_sizes(struct store *store, const char *name, struct error *err)
{
    struct mailbox *mailbox = mailbox_open(store, name, true, err);
    struct message_metadata metadata;
    bool done = mailbox != NULL && mailbox_begin_reading(mailbox, err);

    if (done) {
        for (size_t i = 0; i < mailbox->count && done; i++)
            done = mailbox_metadata(mailbox, i, WANT_SIZE, NULL, &metadata, err) ||
                   err->number == ENOENT;
        mailbox_end_reading(mailbox);
    }
    mailbox_close(&mailbox);
    return done;
}

static bool status_once(struct store *store, const char *name, bool size,
                        struct store_status *status_r, struct error *err)
{
    struct index_mailbox state = {0};
    struct mailbox *mailbox;
    bool done;

    if (!store_be_ready(store, err))
        return false;
    mailbox = mailbox_attach(store, name, true, err);
    if (mailbox == NULL)
        return false;
    done = mailbox->driver->sync(mailbox, err) && fill_status(mailbox, status_r, &state, err);
    if (done && size && state.unknown_sizes > 0)
        done = learn_sizes(store, name, err) && fill_status(mailbox, status_r, &state, err);
    mailbox_close(&mailbox);
    return done;
}

/* Another session renames it: the mailbox has its new name already, but the index gives it to us and then
 * to the record of the old one. */
static bool is_being_renamed(struct store *store, const char *name, const struct error *err)
{
    return err->kind == ERROR_PERMANENT && err->number == ENOENT && store_exists(store, name);
}

bool store_status(struct store *store, const char *name, bool size, struct store_status *status_r,
                  struct error *err)
{
    return status_once(store, name, size, status_r, err) ||
           ((store_may_try_again(store) || is_being_renamed(store, name, err)) &&
            status_once(store, name, size, status_r, err));
}
