/** What a process of the load sends when everything is under way and counting begins. */
export const counting = "counting";
