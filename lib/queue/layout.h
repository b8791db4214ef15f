/*
 * A queue file, octet by octet. Numbers are little-endian. Version 1:
 *
 *   header     struct layout_header
 *   content    content_size octets at content_offset
 *   envelope   envelope_size octets at envelope_offset: texts, each 4 octets length, the octets and a
 *              NUL: sender, dsn_envid; name and value of each attribute; address, original and
 *              dsn_orcpt of each recipient, followed by one octet dsn_notify
 *   status     one octet for each recipient, right behind the envelope; the only thing that is ever
 *              overwritten, and so the only one without a checksum
 */
#ifndef BUZON_LIB_QUEUE_LAYOUT_H
#define BUZON_LIB_QUEUE_LAYOUT_H

#include "lib/base/base.h"

#define LAYOUT_MAGIC   "buzonQ\r\n" /* the line end tells of transfers that changed it */
#define LAYOUT_VERSION 1

struct layout_header {
    unsigned char magic[8];
    unsigned char version[4];
    unsigned char flags[4];
    unsigned char arrival_us[8];
    unsigned char content_offset[8];
    unsigned char content_size[8];
    unsigned char envelope_offset[8];
    unsigned char envelope_size[8];
    unsigned char attribute_count[4];
    unsigned char recipient_count[4];
    unsigned char content_crc[4];
    unsigned char envelope_crc[4];
    unsigned char dsn_ret;
    unsigned char reserved[51];  /* zero */
    unsigned char header_crc[4]; /* of all before it */
};

_Static_assert(sizeof(struct layout_header) == 128, "a queue file's header is on disk");
_Static_assert(offsetof(struct layout_header, content_offset) == 24, "and must not move");
_Static_assert(offsetof(struct layout_header, attribute_count) == 56, "nor its middle");
_Static_assert(offsetof(struct layout_header, header_crc) == 124, "nor its end");

static inline void layout_put_u32(unsigned char to[4], uint32_t number)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(number >> (8 * i));
}

static inline void layout_put_u64(unsigned char to[8], uint64_t number)
{
    for (int i = 0; i < 8; i++)
        to[i] = (unsigned char)(number >> (8 * i));
}

static inline uint32_t layout_get_u32(const unsigned char from[4])
{
    uint32_t number = 0;

    for (int i = 3; i >= 0; i--)
        number = number << 8 | from[i];
    return number;
}

static inline uint64_t layout_get_u64(const unsigned char from[8])
{
    uint64_t number = 0;

    for (int i = 7; i >= 0; i--)
        number = number << 8 | from[i];
    return number;
}

#endif
