/* The first look at a Maildir that Courier served: keywords go into file names, as Dovecot has them. */
#include "lib/base/base.h"

#include "lib/store/maildir.h"

#include "lib/base/hash.h"
#include "lib/store/courier.h"

#include <stdio.h>

/* Letters of these keywords in this mailbox; what finds no letter any more is left out. */
static bool map_keywords(struct mailbox *mailbox, const struct strlist *names, uint32_t *bits_r,
                         struct error *err)
{
    *bits_r = 0;
    for (size_t i = 0; i < names->count; i++) {
        int index;
        if (keywords_add(&mailbox->keywords, mailbox->maildir->directory,
                         span_text(names->items[i]), &index, err))
            *bits_r |= 1U << index;
        else if (err->kind != ERROR_PERMANENT)
            return false;
    }
    error_clear(err);
    return true;
}

static bool adopt_file(struct mailbox *mailbox, struct span name, uint32_t where,
                       const struct strlist *names, struct error *err)
{
    const struct index_message file = {.name = name, .where = where};
    char flagged[MAILDIR_NAME_MAX + 1], from[MAILDIR_NAME_MAX + 8], to[MAILDIR_NAME_MAX + 8];
    uint32_t bits, keywords, flags = maildir_flags(name, &keywords);

    if (!map_keywords(mailbox, names, &bits, err))
        return false;
    if ((bits & ~keywords) == 0 || !maildir_flagged_name(name, flags, keywords | bits, flagged))
        return true;
    maildir_path(&file, from);
    snprintf(to, sizeof(to), "cur/%s", flagged);
    if (renameat(mailbox->maildir->directory, from, mailbox->maildir->directory, to) == 0 ||
        errno == ENOENT)
        return true;
    error_errno(err, "rename %s", from);
    err->kind = ERROR_TEMPORARY;
    return false;
}

bool maildir_adopt_keywords(struct mailbox *mailbox, struct error *err)
{
    struct hash *files = hash_create();
    struct maildir_scan scan = {0};
    bool done = courier_read_keywords(mailbox->maildir->directory, files, err) &&
                (hash_count(files) == 0 || maildir_scan(mailbox->maildir->directory, &scan, err));

    for (size_t i = 0; i < scan.count && done; i++) {
        struct span name = maildir_scan_name(&scan, &scan.files[i]);
        const struct courier_keywords *keywords = hash_get(files, maildir_base(name));
        if (keywords != NULL && keywords->names.count > 0)
            done = adopt_file(mailbox, name, scan.files[i].where, &keywords->names, err);
    }
    maildir_scan_release(&scan);
    hash_free(&files, courier_free_keywords);
    return done;
}
