/* A mailbox's place as messages have it, and back. */
#include "lib/base/base.h"

#include "lib/sasl/place_wire.h"

struct place_wire place_wire_of(const struct mailbox_place *place)
{
    return (struct place_wire){
        .format = place->format,
        .uid = place->uid,
        .gid = place->gid,
        .quota_storage = place->quota.storage,
        .quota_messages = place->quota.messages,
        .path = place->path,
        .home = place->home,
        .system_user = place->user,
    };
}

struct mailbox_place place_wire_read(const struct place_wire *wire)
{
    return (struct mailbox_place){
        .format = (enum mailbox_format)wire->format,
        .uid = (uid_t)wire->uid,
        .gid = (gid_t)wire->gid,
        .quota = {.storage = wire->quota_storage, .messages = wire->quota_messages},
        .path = wire->path,
        .home = wire->home,
        .user = wire->system_user[0] == '\0' ? NULL : wire->system_user,
    };
}

void place_wire_copy(struct arena *arena, struct place_wire *wire)
{
    wire->path = arena_copy(arena, wire->path);
    wire->home = arena_copy(arena, wire->home);
    wire->system_user = arena_copy(arena, wire->system_user);
}
