/* A record of metadata in the index: lengths, parts, texts. */
#include "lib/base/base.h"

#include "lib/store/metadata_private.h"

#define FORMAT 0x6d640002U

static struct span take(struct span *rest, size_t len)
{
    struct span taken = span_first(*rest, len);

    *rest = span_skip(*rest, len);
    return taken;
}

static bool show_parts(struct span octets, const struct metadata_record *record,
                       struct arena *arena, struct message_metadata *metadata_r)
{
    struct mime_part *parts = arena_array(arena, struct mime_part, record->part_count + 1);

    memcpy(parts, octets.data, octets.len);
    if ((record->has & WANT_BODYSTRUCTURE) != 0 &&
        !mime_parts_are_sound(parts, record->part_count, INT64_MAX))
        return false;
    metadata_r->parts = parts;
    metadata_r->part_count = record->part_count;
    return true;
}

bool metadata_decode(struct span octets, struct arena *arena, struct metadata_record *record_r,
                     struct message_metadata *metadata_r)
{
    struct metadata_record record;
    struct span parts;

    if (octets.len < sizeof(record))
        return false;
    memcpy(&record, take(&octets, sizeof(record)).data, sizeof(record));
    if (record.format != FORMAT || record.part_count > MIME_PARTS_MAX + 1)
        return false;
    if (octets.len != (uint64_t)record.part_count * sizeof(struct mime_part) + record.envelope_len +
                          record.bodystructure_len + record.body_len + record.headers_len +
                          record.preview_len)
        return false;
    parts = take(&octets, record.part_count * sizeof(struct mime_part));
    if (arena != NULL && !show_parts(parts, &record, arena, metadata_r))
        return false;
    metadata_r->envelope = take(&octets, record.envelope_len);
    metadata_r->bodystructure = take(&octets, record.bodystructure_len);
    metadata_r->body = take(&octets, record.body_len);
    metadata_r->headers = take(&octets, record.headers_len);
    metadata_r->preview = octets;
    *record_r = record;
    return true;
}

void metadata_encode(struct buf *out, const struct message_metadata *metadata, uint32_t has,
                     uint32_t names)
{
    const struct metadata_record record = {
        .format = FORMAT,
        .has = has,
        .part_count = (uint32_t)metadata->part_count,
        .envelope_len = (uint32_t)metadata->envelope.len,
        .bodystructure_len = (uint32_t)metadata->bodystructure.len,
        .body_len = (uint32_t)metadata->body.len,
        .headers_len = (uint32_t)metadata->headers.len,
        .preview_len = (uint32_t)metadata->preview.len,
        .names = names,
    };

    buf_put(out, span_of(&record, sizeof(record)));
    buf_put(out, span_of(metadata->parts, metadata->part_count * sizeof(*metadata->parts)));
    buf_put(out, metadata->envelope);
    buf_put(out, metadata->bodystructure);
    buf_put(out, metadata->body);
    buf_put(out, metadata->headers);
    buf_put(out, metadata->preview);
}
