/* dovecot-keywords. */
#include "lib/base/base.h"

#include "lib/store/keywords.h"

#include "lib/base/file.h"
#include "lib/store/dotlock.h"

#include <fcntl.h>

#define FILE_NAME "dovecot-keywords"
#define FILE_MAX  (1024 * 1024) /* octets that are read: far more than all keywords can take */

void keywords_release(struct keywords *keywords)
{
    for (size_t i = 0; i < KEYWORDS_MAX; i++)
        mem_free(keywords->names[i]);
    *keywords = (struct keywords){0};
}

void keywords_parse(struct keywords *keywords, struct span text)
{
    while (text.len > 0) {
        struct span line = span_trim(span_take_until(&text, '\n'));
        struct span digits = span_take_word(&line);
        uint64_t index;

        if (!span_to_u64(digits, KEYWORDS_MAX - 1, &index) || line.len == 0 ||
            line.len > KEYWORD_LENGTH_MAX || keywords->names[index] != NULL)
            continue;
        keywords->names[index] = mem_span(line);
    }
}

int keywords_find(const struct keywords *keywords, struct span keyword)
{
    for (int i = 0; i < KEYWORDS_MAX; i++) {
        if (keywords->names[i] != NULL && span_equal_text_nocase(keyword, keywords->names[i]))
            return i;
    }
    return -1;
}

/* What open(2) and stat(2) say of what is no file. */
static bool is_none(int number)
{
    return number == ENOENT || number == ELOOP || number == ENXIO;
}

/* The first FILE_MAX octets. What is no regular file has no keywords, and is no error: messages must stay readable. */
static bool read_names(struct keywords *keywords, int directory, struct error *err)
{
    int fd = openat(directory, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct buf text = BUF(FILE_MAX);
    struct stat status;
    bool done = fd >= 0 && fstat(fd, &status) == 0;

    if (done && S_ISREG(status.st_mode) && status.st_size > 0) {
        size_t size = status.st_size < FILE_MAX ? (size_t)status.st_size : FILE_MAX;
        char *room = buf_reserve(&text, size);
        memset(room, 0, size); /* it may become shorter meanwhile */
        done = pread_all(fd, room, size, 0) || errno == 0;
        if (done)
            buf_commit(&text, size);
    }
    done = done || is_none(errno);
    if (done) {
        keywords_release(keywords);
        keywords_parse(keywords, buf_span(&text));
    } else {
        error_errno(err, "read " FILE_NAME);
    }
    fd_close(&fd);
    buf_release(&text);
    return done;
}

bool keywords_refresh(struct keywords *keywords, int directory, struct error *err)
{
    struct stat status;
    int64_t mtime_ns;

    if (fstatat(directory, FILE_NAME, &status, 0) != 0) {
        if (is_none(errno)) {
            keywords->mtime_ns = 0;
            return true;
        }
        error_errno(err, "stat " FILE_NAME);
        return false;
    }
    mtime_ns = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
    if (mtime_ns == keywords->mtime_ns && status.st_size == keywords->size)
        return true;
    if (!read_names(keywords, directory, err))
        return false;
    keywords->mtime_ns = mtime_ns;
    keywords->size = status.st_size;
    return true;
}

static bool write_file(struct keywords *keywords, int directory, struct error *err)
{
    struct buf text = BUF(FILE_MAX);
    bool written;

    for (int i = 0; i < KEYWORDS_MAX; i++) {
        if (keywords->names[i] != NULL)
            buf_put_printf(&text, "%d %s\n", i, keywords->names[i]);
    }
    written = file_replace(directory, FILE_NAME, 0600, buf_span(&text), err);
    buf_release(&text);
    return written;
}

/* The file is locked and was read. */
static bool add_locked(struct keywords *keywords, int directory, struct span keyword, int *index_r,
                       struct error *err)
{
    int index = keywords_find(keywords, keyword);

    if (index < 0) {
        for (index = 0; index < KEYWORDS_MAX && keywords->names[index] != NULL; index++)
            ;
        if (index == KEYWORDS_MAX) {
            error_set(err, ERROR_PERMANENT, "Too many keywords in this mailbox");
            return false;
        }
        keywords->names[index] = mem_span(keyword);
        keywords->mtime_ns = 0;
        if (!write_file(keywords, directory, err)) {
            mem_free(keywords->names[index]);
            keywords->names[index] = NULL;
            return false;
        }
    }
    *index_r = index;
    return true;
}

bool keywords_add(struct keywords *keywords, int directory, struct span keyword, int *index_r,
                  struct error *err)
{
    struct dotlock lock = DOTLOCK_NONE;
    bool done;

    *index_r = keywords_find(keywords, keyword);
    if (*index_r >= 0)
        return true;
    if (keyword.len == 0 || keyword.len > KEYWORD_LENGTH_MAX) {
        error_set(err, ERROR_PERMANENT, "Invalid keyword length");
        return false;
    }
    if (!dotlock_take(directory, FILE_NAME, &lock, err))
        return false;
    done = keywords_refresh(keywords, directory, err) &&
           add_locked(keywords, directory, keyword, index_r, err);
    dotlock_release(&lock);
    return done;
}
