/*
 * Where a mailbox is, and whose, as a message has it: part of what auth's workers answer, of the account that a
 * session daemon gets, and of passes, which live longer than a release. Names stay as they are.
 */
#ifndef BUZON_LIB_SASL_PLACE_WIRE_H
#define BUZON_LIB_SASL_PLACE_WIRE_H

#include "lib/delivery/mailbox.h"
#include "lib/io/ipc.h"

/* struct mailbox_place; texts are never NULL once they were received */
struct place_wire {
    uint64_t format, uid, gid, quota_storage, quota_messages;
    const char *path, *home;
    const char *system_user; /* place.user; "" for NULL */
};

#define PLACE_WIRE_USER_MAX 512

#define PLACE_WIRE_NUMBER(type, member, name, max)                                                 \
    {                                                                                              \
        IPC_TYPE_NUMBER, #name, offsetof(type, member.name), (max), 0, 0, NULL                     \
    }
#define PLACE_WIRE_TEXT(type, member, name, max)                                                   \
    {                                                                                              \
        IPC_TYPE_TEXT, #name, offsetof(type, member.name), (max), 0, 0, NULL                       \
    }
/* The rows of a table of fields: `member` is the struct place_wire in `type`. */
#define PLACE_WIRE_FIELDS(type, member)                                                            \
    PLACE_WIRE_NUMBER(type, member, format, MAILBOX_MBOX),                                         \
        PLACE_WIRE_NUMBER(type, member, uid, UINT32_MAX - 1),                                      \
        PLACE_WIRE_NUMBER(type, member, gid, UINT32_MAX - 1),                                      \
        PLACE_WIRE_NUMBER(type, member, quota_storage, INT64_MAX),                                 \
        PLACE_WIRE_NUMBER(type, member, quota_messages, INT64_MAX),                                \
        PLACE_WIRE_TEXT(type, member, path, PATH_MAX),                                             \
        PLACE_WIRE_TEXT(type, member, home, PATH_MAX),                                             \
        PLACE_WIRE_TEXT(type, member, system_user, PLACE_WIRE_USER_MAX)

/* place_wire_of, place_wire_read - one as the other; texts are borrowed */
struct place_wire place_wire_of(const struct mailbox_place *place);
struct mailbox_place place_wire_read(const struct place_wire *wire);
/* place_wire_copy - its texts are the arena's from here on */
void place_wire_copy(struct arena *arena, struct place_wire *wire);

#endif
