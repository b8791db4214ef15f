/* The file buzon.mbox: UIDs and flags of an mbox's messages. */
#include "lib/base/base.h"

#include "lib/store/mbox.h"

#include "lib/base/file.h"
#include "lib/store/control.h"

#include <fcntl.h>
#include <unistd.h>

#define FILE_NAME "buzon.mbox"
#define FILE_MAX  (256U * 1024 * 1024)

static const struct {
    char letter;
    uint32_t flag;
} letters[] = {
    {'D', FLAG_DRAFT   },
    {'F', FLAG_FLAGGED },
    {'R', FLAG_ANSWERED},
    {'S', FLAG_SEEN    },
    {'T', FLAG_DELETED }
};

void mbox_list_release(struct mbox_list *list)
{
    mem_free(list->entries);
    *list = (struct mbox_list){0};
}

/* --- parsing ----------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_digest(struct span text, unsigned char digest[MBOX_DIGEST_LEN])
{
    if (text.len != 2 * MBOX_DIGEST_LEN)
        return false;
    for (size_t i = 0; i < MBOX_DIGEST_LEN; i++) {
        int high = hex_digit(text.data[2 * i]), low = hex_digit(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        digest[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static void parse_flags(struct span text, struct mbox_entry *entry)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c >= 'a' && c <= 'z')
            entry->keywords |= 1U << (c - 'a');
        for (size_t j = 0; j < ARRAY_LENGTH(letters); j++)
            entry->flags |= letters[j].letter == c ? letters[j].flag : 0;
    }
}

static bool parse_line(struct span line, struct mbox_entry *entry)
{
    uint64_t uid;
    struct span digest;

    *entry = (struct mbox_entry){0};
    if (!span_to_u64(span_take_word(&line), UINT32_MAX - 1, &uid) || uid == 0)
        return false;
    entry->uid = (uint32_t)uid;
    digest = span_take_word(&line);
    if (span_equal_text(digest, "-")) {
        entry->gone = true;
        return true;
    }
    parse_flags(line, entry);
    return parse_digest(digest, entry->digest);
}

struct mbox_entry *mbox_list_find(const struct mbox_list *list, uint32_t uid)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->entries[middle].uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count && list->entries[low].uid == uid ? &list->entries[low] : NULL;
}

/* A line about a message that is known changes it; new ones come in the order of their UIDs. */
static bool add_entry(struct mbox_list *list, const struct mbox_entry *entry)
{
    struct mbox_entry *known = mbox_list_find(list, entry->uid);

    if (known != NULL) {
        if (entry->gone)
            known->gone = true;
        else
            *known = *entry;
        return true;
    }
    if (entry->gone || (list->count > 0 && entry->uid < list->entries[list->count - 1].uid))
        return false;
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        list->entries = mem_resize(list->entries, list->capacity, sizeof(*list->entries));
    }
    list->entries[list->count++] = *entry;
    if (entry->uid >= list->uidnext) /* a UID is below UINT32_MAX */
        list->uidnext = entry->uid + 1;
    return true;
}

bool mbox_list_parse(struct mbox_list *list, struct span text)
{
    struct span line = span_take_until(&text, '\n'), version = span_take_word(&line);
    struct span uidvalidity = span_take_word(&line), uidnext = span_take_word(&line);
    uint64_t number;

    if (!span_equal_text(version, "1") || !span_starts_with(uidvalidity, "V") ||
        !span_to_u64(span_skip(uidvalidity, 1), UINT32_MAX, &number) || number == 0)
        return false;
    list->uidvalidity = (uint32_t)number;
    if (!span_starts_with(uidnext, "N") ||
        !span_to_u64(span_skip(uidnext, 1), UINT32_MAX, &number) || number == 0)
        return false;
    list->uidnext = (uint32_t)number;
    uidlist_parse_guid(span_take_word(&line), list->guid);
    while (text.len > 0) {
        bool whole = span_find(text, '\n') < text.len;
        struct mbox_entry entry;
        line = span_take_until(&text, '\n');
        list->lines++;
        if (!whole || !parse_line(line, &entry) || !add_entry(list, &entry))
            list->torn = true;
    }
    return true;
}

/* --- the file ---------------------------------------------------------------------------------- */

bool mbox_list_read(int directory, struct mbox_list *list_r, struct error *err)
{
    struct buf text = BUF(FILE_MAX);
    bool done, found;

    *list_r = (struct mbox_list){0};
    done = control_read(directory, FILE_NAME, &text, &found, err);
    if (done && found && !mbox_list_parse(list_r, buf_span(&text))) {
        mbox_list_release(list_r);
        list_r->torn = true;
    }
    buf_release(&text);
    return done;
}

static void put_entry(struct buf *out, const struct mbox_entry *entry)
{
    buf_put_printf(out, "%" PRIu32 " ", entry->uid);
    if (entry->gone) {
        buf_put_text(out, "-\n");
        return;
    }
    for (size_t i = 0; i < MBOX_DIGEST_LEN; i++)
        buf_put_printf(out, "%02x", entry->digest[i]);
    buf_put_char(out, ' ');
    for (size_t i = 0; i < ARRAY_LENGTH(letters); i++) {
        if ((entry->flags & letters[i].flag) != 0)
            buf_put_char(out, letters[i].letter);
    }
    for (int i = 0; i < KEYWORDS_MAX; i++) {
        if ((entry->keywords & 1U << i) != 0)
            buf_put_char(out, (char)('a' + i));
    }
    buf_put_char(out, '\n');
}

bool mbox_list_append(int directory, const struct mbox_entry *entries, size_t count, bool durable,
                      struct error *err)
{
    struct buf text = BUF(BUF_UNLIMITED);
    int fd = openat(directory, FILE_NAME, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    bool done = false;

    for (size_t i = 0; i < count; i++)
        put_entry(&text, &entries[i]);
    if (fd < 0)
        error_errno(err, "open " FILE_NAME);
    else if (!file_append(fd, buf_span(&text)))
        error_errno(err, "write " FILE_NAME);
    else if (durable && fdatasync(fd) != 0)
        error_errno(err, "sync " FILE_NAME);
    else
        done = true;
    if (!done)
        err->kind = ERROR_TEMPORARY;
    buf_release(&text);
    fd_close(&fd);
    return done;
}

bool mbox_list_write(int directory, const struct mbox_list *list, struct error *err)
{
    struct buf text = BUF(BUF_UNLIMITED);
    bool done;

    buf_put_printf(&text, "1 V%" PRIu32 " N%" PRIu32 " G%s\n", list->uidvalidity, list->uidnext,
                   list->guid);
    for (size_t i = 0; i < list->count; i++) {
        if (!list->entries[i].gone)
            put_entry(&text, &list->entries[i]);
    }
    done = file_replace(directory, FILE_NAME, 0600, buf_span(&text), err);
    buf_release(&text);
    return done;
}
