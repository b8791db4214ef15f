/*
 * Numbers that only grow: UIDVALIDITY and modseqs of the account, also over the end of an index. They are
 * kept as metadata of mailbox 0, which there never is.
 */
#include "lib/base/base.h"

#include "lib/store/index_private.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"

#include <fcntl.h>
#include <unistd.h>

enum number {
    LAST_UIDVALIDITY = 1, /* 2 is of lib/store/metadata */
    LAST_MODSEQ = 3,      /* a mailbox that is new to the index begins after it */
    MODSEQ_LIMIT = 4,     /* what DIRECTORY.modseq says */
};

#define RESERVED_US   (24 * 3600 * UINT64_C(1000000)) /* by which the limit is raised */
#define MODSEQS_MAX   UINT64_C(1000000000)     /* that a mailbox can need until it is raised */
#define AHEAD_MAX_US  (20 * 365 * RESERVED_US) /* a limit that is further ahead is damaged */
#define LIMIT_LEN_MAX 64

static bool get_number(struct index *index, enum number number, uint64_t *value_r,
                       struct error *err)
{
    struct span octets = SPAN_EMPTY;
    enum index_result result = index_get_metadata(index, 0, number, &octets, err);

    *value_r = 0;
    if (octets.len == sizeof(*value_r))
        memcpy(value_r, octets.data, sizeof(*value_r));
    return result != INDEX_FAILED;
}

static bool put_number(struct index *index, enum number number, uint64_t value, struct error *err)
{
    return index_put_metadata(index, 0, number, span_of(&value, sizeof(value)), err);
}

/* The clock's second is over. Nobody else is numbering meanwhile: we have the index's lock. */
static void wait_for_later_second(uint32_t second)
{
    struct timeval now;

    while ((now = clock_wall()).tv_sec == (time_t)second)
        usleep((useconds_t)(1000000 - now.tv_usec));
}

bool index_new_uidvalidity(struct index *index, uint32_t *uidvalidity_r, struct error *err)
{
    uint64_t now = (uint64_t)clock_wall().tv_sec, last;

    if (!get_number(index, LAST_UIDVALIDITY, &last, err))
        return false;
    *uidvalidity_r = (uint32_t)(now > last ? now : last + 1);
    if (index->is_private) /* nothing but the clock tells the next session that it was given */
        wait_for_later_second(*uidvalidity_r);
    return put_number(index, LAST_UIDVALIDITY, *uidvalidity_r, err);
}

/* --- modseqs ----------------------------------------------------------------------------------- */

static uint64_t now_us(void)
{
    struct timeval now = clock_wall();

    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_usec;
}

/* What earlier indices may have given; 0 when nobody knows. */
static uint64_t read_limit(const struct index *index)
{
    struct buf text = BUF(LIMIT_LEN_MAX);
    char *path = mem_printf("%s.modseq", index->directory);
    uint64_t limit = 0;

    if (!file_read(AT_FDCWD, path, &text, NULL) ||
        !span_to_u64(span_trim(buf_span(&text)), now_us() + AHEAD_MAX_US, &limit))
        limit = 0;
    buf_release(&text);
    mem_free(path);
    return limit;
}

static bool write_limit(const struct index *index, uint64_t limit, struct error *err)
{
    struct buf text = BUF(LIMIT_LEN_MAX);
    const char *index_name;
    int parent = index_open_parent(index, &index_name);
    char *name = mem_printf("%s.modseq", index_name);
    bool written = false;

    buf_put_printf(&text, "%" PRIu64 "\n", limit);
    if (parent < 0)
        error_errno(err, "open the directory of %s", index->directory);
    else
        written = file_replace(parent, name, 0600, buf_span(&text), err);
    fd_close(&parent);
    buf_release(&text);
    mem_free(name);
    return written;
}

bool index_raise_modseq(struct index *index, uint64_t modseq, struct error *err)
{
    uint64_t last;

    return get_number(index, LAST_MODSEQ, &last, err) &&
           (modseq <= last || put_number(index, LAST_MODSEQ, modseq, err));
}

/*
 * Nothing can be written that tells of it: it has to be before what the next index in its place begins with, but after
 * what earlier ones gave, and after what such a session gave a moment ago. That is the clock, or, where the clock is
 * behind the limit, the part of the last MODSEQS_MAX before the limit that corresponds to the clock.
 */
static uint64_t private_modseq(const struct index *index)
{
    uint64_t now = now_us(), limit = read_limit(index), modseq;

    if (limit <= now || limit < RESERVED_US)
        return now;
    modseq = limit - MODSEQS_MAX;
    if (now > limit - RESERVED_US)
        modseq += (now - (limit - RESERVED_US)) / (RESERVED_US / MODSEQS_MAX + 1);
    return modseq;
}

bool index_first_modseq(struct index *index, uint64_t *modseq_r, struct error *err)
{
    uint64_t last, limit, modseq = now_us();

    if (index->is_private) {
        *modseq_r = private_modseq(index);
        return get_number(index, LAST_MODSEQ, &last, err) &&
               (*modseq_r > last || (*modseq_r = last + 1) != 0);
    }
    if (!get_number(index, LAST_MODSEQ, &last, err) ||
        !get_number(index, MODSEQ_LIMIT, &limit, err))
        return false;
    if (limit == 0)
        last = limit = read_limit(index);
    if (modseq <= last)
        modseq = last + 1;
    if (modseq + MODSEQS_MAX > limit &&
        (!write_limit(index, modseq + RESERVED_US, err) ||
         !put_number(index, MODSEQ_LIMIT, modseq + RESERVED_US, err)))
        return false;
    *modseq_r = modseq;
    return index_raise_modseq(index, last, err);
}
