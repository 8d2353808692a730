/** Exit code for a call, a configuration or a database that cannot work, however often it is tried. */
export const wrongCallCode = 2;
