/*
 * Makes buzon.cf(5) when the tree is built: copies its frame from standard input to standard output,
 * and puts the parameter table in the place of the lines @PARAMETERS@ and @TRANSPORTS@.
 */
#include "lib/base/base.h"

#include "lib/config/parameter.h"
#include "lib/config/service_parameter.h"

#include <stdio.h>
#include <stdlib.h>

/* Text as one argument of an mdoc macro, which must not take a word of it for a macro's name. */
static void print_argument(const char *text)
{
    fputs("\"\\&", stdout);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputs("\"\"", stdout);
        else if (*text == '\\')
            fputs("\\e", stdout);
        else
            putchar(*text);
    }
    putchar('"');
}

/* A doc's sentences, each on a line of its own: mandoc has it so. */
static void print_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else
            putchar(*text);
        if (*text == '.' && text[1] == ' ' && text[2] >= 'A' && text[2] <= 'Z') {
            putchar('\n');
            text++;
        }
    }
    putchar('\n');
}

static void print_choices(const struct parameter *parameter)
{
    const char *const *choice = parameter_choices(parameter);

    fputs("One of", stdout);
    for (; *choice != NULL; choice++) {
        if (**choice != '\0')
            printf("\n.Cm \\&%s%s", *choice, choice[1] == NULL ? " ." : " ,");
    }
    putchar('\n');
}

static const char *kind_name(const struct parameter *parameter)
{
    static const char *const names[] = {
        [PARAMETER_TEXT] = "Text",     [PARAMETER_RAW] = "Raw text", [PARAMETER_BOOL] = "A flag",
        [PARAMETER_INT] = "A number",  [PARAMETER_TIME] = "A time",  [PARAMETER_SIZE] = "A size",
        [PARAMETER_ENUM] = "One word",
    };

    return names[parameter->kind];
}

/* "A number; by default 100." */
static void print_value(const struct parameter *parameter)
{
    const char *value = parameter->value;

    fputs(kind_name(parameter), stdout);
    if (parameter_minimum(parameter) > 0)
        printf(" of at least %d%s", parameter_minimum(parameter),
               parameter->kind == PARAMETER_TIME ? "s" : "");
    if (*value == '\0') {
        puts("; empty by default.");
    } else if (*value == '(') {
        printf("; by default the %.*s.\n", (int)strlen(value) - 2, value + 1);
    } else {
        fputs("; by default\n.Ql ", stdout);
        print_argument(value);
        puts(" .");
    }
}

static void print_unsupported(const char *reason)
{
    if (reason != NULL)
        printf(".Em Not supported :\n%s.\n", reason);
}

static void print_parameter(const struct parameter *parameter, const char *doc)
{
    printf(".It Cm %s\n", parameter->name);
    print_text(doc);
    if (parameter->kind == PARAMETER_ENUM)
        print_choices(parameter);
    print_unsupported(parameter_unsupported(parameter));
    print_value(parameter);
}

/* The table has buzon's own rows at its end; a reader looks for a name, whosever it is. */
static int compare_rows(const void *a, const void *b)
{
    const struct parameter *const *first = a;
    const struct parameter *const *second = b;

    return strcmp((*first)->name, (*second)->name);
}

static void print_parameters(void)
{
    const struct parameter *rows[PARAMETER_COUNT];

    for (size_t i = 0; i < PARAMETER_COUNT; i++)
        rows[i] = &parameters[i];
    qsort(rows, PARAMETER_COUNT, sizeof(rows[0]), compare_rows);
    for (size_t i = 0; i < PARAMETER_COUNT; i++)
        print_parameter(rows[i], parameter_docs[parameter_index(rows[i])]);
}

static void print_transports(void)
{
    for (size_t i = 0; i < service_parameter_count; i++) {
        printf(".It Ar transport Ns Cm %s\n", service_parameters[i].suffix);
        printf("Instead of\n.Cm %s .\n", service_parameters[i].value + 1);
        print_unsupported(service_parameters[i].unsupported);
    }
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) > 0) {
        if (strcmp(line, "@PARAMETERS@\n") == 0)
            print_parameters();
        else if (strcmp(line, "@TRANSPORTS@\n") == 0)
            print_transports();
        else
            fputs(line, stdout);
    }
    free(line);
    return ferror(stdin) != 0 || fflush(stdout) != 0 ? 1 : 0;
}
