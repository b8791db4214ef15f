/* Lines of main.cf and master.cf as buzonconf prints them. */
#include "tools/conf/print.h"

#include "tools/conf/conf.h"
#include "tools/json_text.h"

#define MAIN_WIDTH 80
#define INDENT     "    "

static bool is_full(const struct printer *printer, struct span word)
{
    return printer->folded &&
           (printer->complete || printer->column + 1 + word.len > printer->width);
}

void print_word(struct printer *printer, struct span word)
{
    if (printer->begun && is_full(printer, word)) {
        buf_put_text(printer->out, "\n" INDENT);
        printer->column = strlen(INDENT);
    } else if (printer->begun) {
        buf_put_char(printer->out, ' ');
        printer->column++;
    }
    buf_put(printer->out, word);
    printer->column += word.len;
    printer->begun = true;
    printer->complete = false;
}

void print_words(struct printer *printer, struct span text)
{
    for (text = span_trim(text); text.len > 0; text = span_trim(text)) {
        size_t len = 0;

        while (len < text.len && !is_space((unsigned char)text.data[len]))
            len++;
        print_word(printer, span_first(text, len));
        text = span_skip(text, len);
    }
}

void print_column(struct printer *printer, size_t column)
{
    do {
        buf_put_char(printer->out, ' ');
        printer->column++;
    } while (printer->column < column);
}

void print_end(struct printer *printer)
{
    buf_put_char(printer->out, '\n');
    printer->column = 0;
    printer->begun = false;
}

static void print_json(struct buf *out, const char *name, const char *value)
{
    buf_put_char(out, '{');
    json_put_string(out, span_text(name));
    buf_put_text(out, ": ");
    json_put_string(out, span_text(value));
    buf_put_text(out, "}\n");
}

void print_setting(struct buf *out, unsigned show, const char *name, const char *value)
{
    struct printer printer = {.out = out, .folded = (show & SHOW_FOLDED) != 0, .width = MAIN_WIDTH};

    if ((show & SHOW_JSON) != 0) {
        print_json(out, name, value);
        return;
    }
    if ((show & SHOW_NO_NAMES) == 0)
        print_word(&printer, span_text(name));
    if ((show & (SHOW_NO_NAMES | SHOW_NO_VALUES)) == 0)
        print_word(&printer, SPAN_LITERAL("="));
    if ((show & SHOW_NO_VALUES) == 0)
        print_words(&printer, span_text(value));
    print_end(&printer);
}
