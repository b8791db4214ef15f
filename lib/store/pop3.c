/* Names are in the index; dovecot-uidlist is written anew where there is an id to keep. */
#include "lib/base/base.h"

#include "lib/store/pop3.h"

#include "lib/store/maildir.h"

/* --- names -------------------------------------------------------------------------------------------------------- */

struct gathering {
    const struct mailbox *mailbox;
    struct arena *arena;
    struct pop3_names *names;
    size_t next; /* messages before it are done: UIDs rise */
};

static bool take_name(void *context, const struct index_message *message)
{
    struct gathering *gathering = context;
    const struct mailbox *mailbox = gathering->mailbox;
    struct pop3_names *names;

    while (gathering->next < mailbox->count &&
           mailbox->messages[gathering->next].uid < message->uid)
        gathering->next++;
    if (gathering->next == mailbox->count)
        return false;
    if (mailbox->messages[gathering->next].uid != message->uid)
        return true;
    names = &gathering->names[gathering->next];
    names->file = arena_text(gathering->arena, maildir_base(message->name));
    names->guid =
        message->guid.len == 0 ? names->file : arena_text(gathering->arena, message->guid);
    return true;
}

static bool take_files(struct gathering *gathering, struct error *err)
{
    struct index *index = gathering->mailbox->store->index;
    bool walked;

    if (!index_begin_read(index, err))
        return false;
    walked = index_walk(index, gathering->mailbox->id, 1, take_name, gathering, err);
    index_end_read(index);
    return walked;
}

bool mailbox_pop3_names(struct mailbox *mailbox, struct arena *arena, struct pop3_names **names_r,
                        struct error *err)
{
    struct gathering gathering = {.mailbox = mailbox, .arena = arena};

    gathering.names = arena_array(arena, struct pop3_names, mailbox->count + 1);
    for (size_t i = 0; i < mailbox->count; i++)
        gathering.names[i] = (struct pop3_names){"", ""};
    *names_r = gathering.names;
    return mailbox->maildir == NULL || take_files(&gathering, err);
}

/* --- keeping ------------------------------------------------------------------------------------------------------ */

static bool is_plain(const char *id)
{
    for (const char *c = id; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~')
            return false;
    return id[0] != '\0';
}

/* True: something is new. */
static bool add_ids(const struct mailbox *mailbox, const char *const *ids, struct arena *arena,
                    struct uidlist *list)
{
    bool added = false;

    for (size_t i = 0; i < list->count; i++) {
        struct uidlist_entry *entry = &list->entries[i];
        size_t at = mailbox_find_uid(mailbox, entry->uid);
        if (at == mailbox->count || mailbox->messages[at].uid != entry->uid || ids[at] == NULL ||
            !is_plain(ids[at]) || uidlist_extension(entry->extensions, 'P').len > 0)
            continue;
        entry->extensions =
            span_text(arena_printf(arena, "%.*s%sP%s", SPAN_PRINTF(entry->extensions),
                                   entry->extensions.len > 0 ? " " : "", ids[at]));
        added = true;
    }
    return added;
}

bool mailbox_pop3_keep(struct mailbox *mailbox, const char *const *ids, struct error *err)
{
    struct uidlist_stamp stamp;
    struct uidlist list;
    struct dotlock lock;
    struct arena *arena;
    bool kept;

    if (mailbox->maildir == NULL)
        return true;
    if (!uidlist_lock(mailbox->maildir->directory, &lock, err))
        return false;
    arena = arena_create();
    kept = uidlist_read(mailbox->maildir->directory, &list, err);
    if (kept) {
        if (list.uidvalidity == mailbox->uidvalidity && add_ids(mailbox, ids, arena, &list))
            kept = uidlist_write(mailbox->maildir->directory, &list, true, &stamp, err);
        uidlist_release(&list);
    }
    arena_free(&arena);
    dotlock_release(&lock);
    return kept;
}
