/* Places in the databases of messages and metadata, where a reader goes on from. */
#include "lib/base/base.h"

#include "lib/store/index_private.h"

static void leave_place(struct index_place *place)
{
    if (place->cursor != NULL)
        mdb_cursor_close(place->cursor);
    *place = (struct index_place){0};
}

void index_leave_places(struct index *index)
{
    leave_place(&index->at_message);
    leave_place(&index->at_metadata);
}

int index_find_near(struct index *index, MDB_dbi database, struct index_place *place, uint64_t key,
                    MDB_val *value)
{
    MDB_val wanted = index_value(&key, sizeof(key));
    uint64_t next;
    int result = 0;

    if (place->cursor == NULL) {
        result = mdb_cursor_open(index->reader, database, &place->cursor);
    } else if (key == place->key + 1) {
        MDB_val found;
        result = mdb_cursor_get(place->cursor, &found, value, MDB_NEXT);
        if (result == 0)
            memcpy(&next, found.mv_data, sizeof(next));
        if (result == 0 && next == key) {
            place->key = key;
            return 0;
        }
        result = 0;
    }
    if (result == 0)
        result = mdb_cursor_get(place->cursor, &wanted, value, MDB_SET_KEY);
    place->key = result == 0 ? key : UINT64_MAX - 1;
    return result;
}
