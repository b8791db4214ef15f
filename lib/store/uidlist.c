/* dovecot-uidlist: reading, appending, writing. */
#include "lib/base/base.h"

#include "lib/store/uidlist.h"

#include "lib/base/file.h"
#include "lib/store/control.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#define FILE_NAME     "dovecot-uidlist"
#define TEMPORARY     "dovecot-uidlist.new" /* under the lock only */
#define FILE_MAX      (1024U * 1024 * 1024)
#define UIDS_LEFT_MIN 1000

void uidlist_release(struct uidlist *list)
{
    mem_free(list->entries);
    buf_release(&list->text);
    *list = (struct uidlist){0};
}

/* --- parsing ----------------------------------------------------------------------------------- */

static bool is_guid(struct span text)
{
    if (text.len != 32)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.data[i]) && (text.data[i] < 'a' || text.data[i] > 'f'))
            return false;
    }
    return true;
}

void uidlist_parse_guid(struct span word, char guid[33])
{
    struct span digits = span_skip(word, 1);

    if (word.len > 0 && word.data[0] == 'G' && is_guid(digits)) {
        memcpy(guid, digits.data, digits.len);
        guid[digits.len] = '\0';
    }
}

static bool parse_header_3(struct uidlist *list, struct span line)
{
    while (line.len > 0) {
        struct span word = span_take_word(&line);
        struct span value = span_skip(word, 1);
        uint64_t number = 0;

        if (word.data[0] == 'V' && span_to_u64(value, UINT32_MAX, &number))
            list->uidvalidity = (uint32_t)number;
        else if (word.data[0] == 'N' && span_to_u64(value, UINT32_MAX, &number))
            list->uidnext = (uint32_t)number;
        else
            uidlist_parse_guid(word, list->guid);
    }
    return list->uidvalidity != 0;
}

static bool parse_header_1(struct uidlist *list, struct span line)
{
    uint64_t uidvalidity, uidnext;

    if (!span_to_u64(span_take_word(&line), UINT32_MAX, &uidvalidity) ||
        !span_to_u64(span_take_word(&line), UINT32_MAX, &uidnext))
        return false;
    list->uidvalidity = (uint32_t)uidvalidity;
    list->uidnext = (uint32_t)uidnext;
    return uidvalidity != 0;
}

static bool parse_line(struct uidlist_entry *entry, struct span line, bool version_1)
{
    struct span digits = span_take_word(&line);
    uint64_t uid;

    *entry = (struct uidlist_entry){0};
    if (!span_to_u64(digits, UINT32_MAX - 1, &uid) || uid == 0)
        return false;
    entry->uid = (uint32_t)uid;
    if (!version_1) {
        size_t colon = span_find(line, ':');
        entry->extensions = span_trim(span_first(line, colon));
        line = span_skip(line, colon + 1);
    }
    entry->name = span_first(line, span_find(line, ':'));
    return entry->name.len > 0 && entry->name.len < 256 &&
           span_find(entry->name, '/') == entry->name.len &&
           span_find(entry->name, '\0') == entry->name.len;
}

static void add_entry(struct uidlist *list, const struct uidlist_entry *entry)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        list->entries = mem_resize(list->entries, list->capacity, sizeof(*list->entries));
    }
    list->entries[list->count++] = *entry;
    if (entry->uid >= list->uidnext)
        list->uidnext = entry->uid + 1;
}

/* Names of message files have no white space, and a line has one colon. What is odd may have been several
 * lines before it was damaged: so many UIDs may have been in it. */
static uint32_t count_hidden(struct span line, const struct uidlist_entry *entry)
{
    struct span odd = entry == NULL ? line : entry->name;
    uint32_t hidden = entry == NULL ? 1 : 0;

    for (size_t i = 0; i < odd.len; i++)
        hidden += odd.data[i] == ':' || (unsigned char)odd.data[i] <= ' ';
    return hidden;
}

/* One line; what it may hide is added to *hidden. Of two lines with one UID neither is believed. */
static void take_line(struct uidlist *list, struct span line, bool whole, bool version_1,
                      uint32_t *hidden)
{
    const struct uidlist_entry *last = list->count == 0 ? NULL : &list->entries[list->count - 1];
    struct uidlist_entry entry;
    bool sound = whole && parse_line(&entry, line, version_1);

    if (sound && (last == NULL || entry.uid > last->uid)) {
        *hidden += count_hidden(line, &entry);
        add_entry(list, &entry);
        return;
    }
    list->torn = true;
    *hidden += count_hidden(line, NULL);
    if (sound && last != NULL && entry.uid == last->uid)
        list->count--;
}

bool uidlist_parse(struct uidlist *list, struct span text)
{
    struct span line, version;
    uint32_t hidden = 0;
    bool version_1;

    line = span_take_until(&text, '\n');
    version = span_take_word(&line);
    version_1 = span_equal_text(version, "1");
    if (version_1 ? !parse_header_1(list, line)
                  : !span_equal_text(version, "3") || !parse_header_3(list, line))
        return false;
    list->torn = version_1;
    if (list->uidnext == 0)
        list->uidnext = 1;
    while (text.len > 0) {
        /* A line without its end may be a part of one that a crash cut off. */
        bool whole = text.data[text.len - 1] == '\n' || span_find(text, '\n') < text.len;

        line = span_take_until(&text, '\n');
        take_line(list, line, whole, version_1, &hidden);
    }
    if (hidden > 0 && list->uidnext < UINT32_MAX - hidden)
        list->uidnext += hidden;
    return true;
}

/* --- the file ---------------------------------------------------------------------------------- */

static struct uidlist_stamp stamp_of(const struct stat *status)
{
    return (struct uidlist_stamp){
        .inode = status->st_ino,
        .size = (uint64_t)status->st_size,
        .mtime_ns = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec,
    };
}

struct uidlist_stamp uidlist_stat(int directory)
{
    struct stat status;

    if (fstatat(directory, FILE_NAME, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return (struct uidlist_stamp){0};
    return stamp_of(&status);
}

bool uidlist_stamp_equal(const struct uidlist_stamp *a, const struct uidlist_stamp *b)
{
    return a->inode == b->inode && a->size == b->size && a->mtime_ns == b->mtime_ns;
}

bool uidlist_read(int directory, struct uidlist *list_r, struct error *err)
{
    bool found, done;

    *list_r = (struct uidlist){.text = BUF(FILE_MAX)};
    list_r->stamp = uidlist_stat(directory);
    done = control_read(directory, FILE_NAME, &list_r->text, &found, err);
    if (!done || !found) {
        uidlist_release(list_r);
        return done;
    }
    if (!uidlist_parse(list_r, buf_span(&list_r->text)))
        list_r->torn = true;
    return true;
}

bool uidlist_lock(int directory, struct dotlock *lock_r, struct error *err)
{
    return dotlock_take(directory, FILE_NAME, lock_r, err);
}

static void put_entry(struct buf *text, const struct uidlist_entry *entry)
{
    buf_put_printf(text, "%" PRIu32 " ", entry->uid);
    if (entry->extensions.len > 0) {
        buf_put(text, entry->extensions);
        buf_put_char(text, ' ');
    }
    buf_put_char(text, ':');
    buf_put(text, entry->name);
    buf_put_char(text, '\n');
}

bool uidlist_append(int directory, const struct uidlist_entry *entries, size_t count,
                    struct uidlist_stamp *stamp_r, struct error *err)
{
    struct buf text = BUF(BUF_UNLIMITED);
    struct stat status;
    int fd = openat(directory, FILE_NAME, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    bool done = false;

    for (size_t i = 0; i < count; i++)
        put_entry(&text, &entries[i]);
    if (fd < 0)
        error_errno(err, "open " FILE_NAME);
    else if (!file_append(fd, buf_span(&text)))
        error_errno(err, "write " FILE_NAME);
    else if (fdatasync(fd) != 0 || fstat(fd, &status) != 0)
        error_errno(err, "sync " FILE_NAME);
    else
        done = true;
    if (done)
        *stamp_r = stamp_of(&status);
    buf_release(&text);
    fd_close(&fd);
    return done;
}

static bool replace_unsynced(int directory, struct span text, struct error *err)
{
    static const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    int fd = openat(directory, TEMPORARY, flags, 0600);
    bool done =
        fd >= 0 && write_all(fd, text) && renameat(directory, TEMPORARY, directory, FILE_NAME) == 0;

    if (!done) {
        error_errno(err, "write " FILE_NAME);
        (void)unlinkat(directory, TEMPORARY, 0);
    }
    fd_close(&fd);
    return done;
}

bool uidlist_write(int directory, const struct uidlist *list, bool durable,
                   struct uidlist_stamp *stamp_r, struct error *err)
{
    struct buf text = BUF(BUF_UNLIMITED);
    bool written;

    buf_put_printf(&text, "3 V%" PRIu32 " N%" PRIu32 " G%s\n", list->uidvalidity, list->uidnext,
                   list->guid);
    for (size_t i = 0; i < list->count; i++)
        put_entry(&text, &list->entries[i]);
    written = durable ? file_replace(directory, FILE_NAME, 0600, buf_span(&text), err)
                      : replace_unsynced(directory, buf_span(&text), err);
    buf_release(&text);
    if (written)
        *stamp_r = uidlist_stat(directory);
    return written;
}

struct span uidlist_extension(struct span extensions, char letter)
{
    while (extensions.len > 0) {
        struct span word = span_take_word(&extensions);
        if (word.len > 1 && word.len < 256 && word.data[0] == letter)
            return span_skip(word, 1);
    }
    return SPAN_EMPTY;
}

bool uidlist_has_room(uint32_t uidnext, size_t count)
{
    return count < UINT32_MAX - UIDS_LEFT_MIN &&
           uidnext < UINT32_MAX - UIDS_LEFT_MIN - (uint32_t)count;
}

void uidlist_new_guid(char guid[33])
{
    unsigned char octets[16];

    if (getrandom(octets, sizeof(octets), 0) != sizeof(octets))
        memset(octets, 0, sizeof(octets));
    for (size_t i = 0; i < sizeof(octets); i++)
        snprintf(guid + 2 * i, 3, "%02x", octets[i]);
}
