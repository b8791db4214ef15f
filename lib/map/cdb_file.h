/*
 * Constant databases: the layout of D. J. Bernstein's cdb, which is that of tinycdb too (cdb(5)). 256
 * pointers to hash tables, then the records, then the tables; all numbers are 32 bits, little-endian.
 * The reader trusts nothing that stands in a file.
 */
#ifndef BUZON_LIB_MAP_CDB_FILE_H
#define BUZON_LIB_MAP_CDB_FILE_H

#include "lib/map/map_type.h"

#define CDB_TABLES      256
#define CDB_HEADER_SIZE 2048 /* octets: position and slots of each table */
#define CDB_PAIR_SIZE   8    /* two numbers: a pointer, a slot, the head of a record */

struct cdb_file {
    struct map_stamp stamp;
    uint64_t size;
    unsigned char *octets; /* a cache of blocks; block n can be in one place only */
    uint64_t *held;        /* which one is in each place, counted from 1; 0: none */
    uint64_t cache_count;  /* places */
    uint64_t records_end;  /* where the first table begins */
    unsigned char header[CDB_HEADER_SIZE];
};

/* cdb_file_open - with a cache of about cache_size octets, which is filled as blocks are read */
bool cdb_file_open(struct cdb_file *file, const char *path, uint64_t cache_size,
                   struct error *err) MUST_CHECK;
void cdb_file_close(struct cdb_file *file);
/* cdb_file_find - octet by octet, the first record with this key */
enum map_result cdb_file_find(const struct cdb_file *file, struct span key, struct buf *value_r,
                              struct error *err) MUST_CHECK;
/* cdb_file_walk - each record that its own key finds, in the order of the file */
bool cdb_file_walk(const struct cdb_file *file, map_visit *visit, void *context,
                   struct error *err) MUST_CHECK;

uint32_t cdb_hash(struct span key);

static inline uint32_t cdb_number(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

#endif
