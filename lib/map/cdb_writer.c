/*
 * Writing cdb files (lib/map/cdb_file.h): records as they come, the tables when all are there. What is
 * kept of a record until then is 12 octets.
 */
#include "lib/base/file.h"
#include "lib/map/cdb_file.h"
#include "lib/map/map_file.h"

#include <fcntl.h>
#include <unistd.h>

#define OUTPUT_FULL   (256U * 1024)
#define NONE          UINT32_MAX
#define FIRST_BUCKETS 1024

struct record {
    uint32_t hash;
    uint32_t position;
    uint32_t next; /* in its bucket */
};

struct cdb_writer {
    int fd;
    struct buf output; /* not written yet */
    uint64_t written;  /* octets in the file before it */
    struct record *records;
    uint32_t *buckets; /* the newest record of each; NONE */
    uint32_t count, capacity, bucket_count;
};

static void put_number(struct buf *buf, uint32_t number)
{
    const unsigned char octets[] = {(unsigned char)number, (unsigned char)(number >> 8),
                                    (unsigned char)(number >> 16), (unsigned char)(number >> 24)};

    buf_put(buf, span_of(octets, sizeof(octets)));
}

static bool flush(struct cdb_writer *writer, struct error *err)
{
    if (!write_all(writer->fd, buf_span(&writer->output))) {
        error_errno(err, "write database");
        return false;
    }
    writer->written += writer->output.len;
    buf_clear(&writer->output);
    return true;
}

static void abandon(void *opened)
{
    struct cdb_writer *writer = opened;

    fd_close(&writer->fd);
    buf_release(&writer->output);
    mem_free(writer->records);
    mem_free(writer->buckets);
    mem_free(writer);
}

static void *open_file(const char *path, const struct map_writer_settings *settings UNUSED,
                       bool is_empty, struct error *err)
{
    struct cdb_writer *writer;
    int fd;

    if (!is_empty) {
        error_set(err, ERROR_PERMANENT, "cdb tables cannot be changed, only made anew");
        return NULL;
    }
    fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        error_errno(err, "open database %s", path);
        return NULL;
    }
    writer = mem_new(struct cdb_writer);
    writer->fd = fd;
    writer->output = BUF(BUF_UNLIMITED);
    for (unsigned i = 0; i < CDB_HEADER_SIZE; i++)
        buf_put_char(&writer->output, '\0'); /* until the tables are there */
    return writer;
}

/* --- records ------------------------------------------------------------------------------------- */

static void enlarge_buckets(struct cdb_writer *writer)
{
    uint32_t count = writer->bucket_count == 0 ? FIRST_BUCKETS : writer->bucket_count * 2;

    writer->buckets = mem_resize(writer->buckets, count, sizeof(uint32_t));
    writer->bucket_count = count;
    for (uint32_t i = 0; i < count; i++)
        writer->buckets[i] = NONE;
    for (uint32_t i = 0; i < writer->count; i++) {
        uint32_t *bucket = &writer->buckets[writer->records[i].hash & (count - 1)];

        writer->records[i].next = *bucket;
        *bucket = i;
    }
}

static void add_record(struct cdb_writer *writer, uint32_t hash, uint32_t position)
{
    uint32_t *bucket;

    if (writer->count == writer->capacity) {
        writer->capacity = writer->capacity == 0 ? 1024 : writer->capacity * 2;
        writer->records = mem_resize(writer->records, writer->capacity, sizeof(struct record));
    }
    if (writer->count >= writer->bucket_count)
        enlarge_buckets(writer);
    bucket = &writer->buckets[hash & (writer->bucket_count - 1)];
    writer->records[writer->count] = (struct record){hash, position, *bucket};
    *bucket = writer->count++;
}

/* Two keys with one hash are seldom, so the file is asked. */
static bool has_key(struct cdb_writer *writer, uint32_t position, struct span key, bool *has_r,
                    struct error *err)
{
    unsigned char head[CDB_PAIR_SIZE];
    char *octets = NULL;
    bool done = flush(writer, err);

    *has_r = false;
    if (done && !pread_all(writer->fd, head, sizeof(head), position))
        done = false;
    if (done && cdb_number(head) == key.len) {
        octets = mem_alloc(key.len + 1);
        done = pread_all(writer->fd, octets, key.len, (off_t)position + CDB_PAIR_SIZE);
        *has_r = done && memcmp(octets, key.data, key.len) == 0;
    }
    if (!done && err->kind == ERROR_NONE)
        error_errno(err, "read database");
    mem_free(octets);
    return done;
}

/* The record of a key that is there already; *record_r is NULL when it is not. */
static bool find_record(struct cdb_writer *writer, uint32_t hash, struct span key,
                        struct record **record_r, struct error *err)
{
    bool has = false;

    *record_r = NULL;
    error_clear(err);
    if (writer->bucket_count == 0)
        return true;
    for (uint32_t i = writer->buckets[hash & (writer->bucket_count - 1)]; i != NONE && !has;
         i = writer->records[i].next) {
        if (writer->records[i].hash != hash)
            continue;
        if (!has_key(writer, writer->records[i].position, key, &has, err))
            return false;
        if (has)
            *record_r = &writer->records[i];
    }
    return true;
}

static enum map_put put(void *opened, struct span key, struct span value, bool replaces,
                        struct error *err)
{
    struct cdb_writer *writer = opened;
    uint32_t hash = cdb_hash(key);
    uint64_t position = writer->written + writer->output.len;
    struct record *earlier;

    if (!find_record(writer, hash, key, &earlier, err))
        return MAP_PUT_FAILED;
    if (earlier != NULL && !replaces)
        return MAP_PUT_DUPLICATE;
    /* with the two slots that each record gets */
    if (position + key.len + value.len + ((uint64_t)writer->count + 1) * 2 * CDB_PAIR_SIZE +
            CDB_PAIR_SIZE >
        UINT32_MAX) {
        error_set(err, ERROR_PERMANENT, "a cdb table holds 4 gigabytes at the most");
        return MAP_PUT_FAILED;
    }
    put_number(&writer->output, (uint32_t)key.len);
    put_number(&writer->output, (uint32_t)value.len);
    buf_put(&writer->output, key);
    buf_put(&writer->output, value);
    if (earlier != NULL)
        earlier->position = (uint32_t)position;
    else
        add_record(writer, hash, (uint32_t)position);
    return writer->output.len < OUTPUT_FULL || flush(writer, err) ? MAP_PUT_DONE : MAP_PUT_FAILED;
}

static enum map_result remove_key(void *opened UNUSED, struct span key UNUSED, struct error *err)
{
    error_set(err, ERROR_PERMANENT, "cdb tables cannot be changed, only made anew");
    return MAP_UNAVAILABLE;
}

/* --- tables -------------------------------------------------------------------------------------- */

/* The records of one table in slots: an empty one ends each search. */
static void fill_slots(const struct cdb_writer *writer, const uint32_t *members, uint32_t count,
                       struct record *slots)
{
    for (uint32_t i = 0; i < count * 2; i++)
        slots[i] = (struct record){0};
    for (uint32_t i = 0; i < count; i++) {
        const struct record *record = &writer->records[members[i]];
        uint32_t slot = record->hash / CDB_TABLES % (count * 2);

        while (slots[slot].position != 0)
            slot = (slot + 1) % (count * 2);
        slots[slot] = *record;
    }
}

/* `ends` holds where the members of each table end in `members`, sorted by table. */
static uint32_t *sort_by_table(const struct cdb_writer *writer, uint32_t ends[CDB_TABLES])
{
    uint32_t *members = mem_alloc(((size_t)writer->count + 1) * sizeof(uint32_t));
    uint32_t starts[CDB_TABLES] = {0};

    for (uint32_t i = 0; i < writer->count; i++)
        starts[writer->records[i].hash % CDB_TABLES]++;
    for (uint32_t table = 0, at = 0; table < CDB_TABLES; table++) {
        uint32_t size = starts[table];

        starts[table] = at;
        at += size;
        ends[table] = at;
    }
    for (uint32_t i = 0; i < writer->count; i++)
        members[starts[writer->records[i].hash % CDB_TABLES]++] = i;
    return members;
}

/* All tables, and their pointers into `header`. */
static bool write_tables(struct cdb_writer *writer, struct buf *header, struct error *err)
{
    uint32_t ends[CDB_TABLES];
    uint32_t *members = sort_by_table(writer, ends);
    bool done = true;

    for (uint32_t table = 0, start = 0; done && table < CDB_TABLES; start = ends[table++]) {
        uint32_t count = ends[table] - start;
        struct record *slots = mem_alloc(((size_t)count * 2 + 1) * sizeof(struct record));

        put_number(header, (uint32_t)(writer->written + writer->output.len));
        put_number(header, count * 2);
        fill_slots(writer, members + start, count, slots);
        for (uint32_t i = 0; i < count * 2; i++) {
            put_number(&writer->output, slots[i].hash);
            put_number(&writer->output, slots[i].position);
        }
        mem_free(slots);
        done = writer->output.len < OUTPUT_FULL || flush(writer, err);
    }
    mem_free(members);
    return done && flush(writer, err);
}

static bool close_file(void *opened, struct error *err)
{
    struct cdb_writer *writer = opened;
    struct buf header = BUF(CDB_HEADER_SIZE);
    bool done = write_tables(writer, &header, err);

    if (done && (!pwrite_all(writer->fd, header.data, header.len, 0) || fsync(writer->fd) != 0)) {
        error_errno(err, "write database");
        done = false;
    }
    buf_release(&header);
    abandon(writer);
    return done;
}

const struct map_file map_file_cdb = {
    .type = "cdb",
    .suffix = ".cdb",
    .open = open_file,
    .put = put,
    .remove = remove_key,
    .close = close_file,
    .abandon = abandon,
};
