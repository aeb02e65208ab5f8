/** Recipes: complete settings of runs, each with its source. */
import { cifar10Recipes } from './cifar-10.js';
import { imagenetRecipes } from './imagenet.js';
import { quickStartRecipes } from './quick-start.js';

export type { Recipe } from './recipe.js';

/** One row per recipe, every field in every row. Override with `--set`. */
export const recipes = { ...quickStartRecipes, ...cifar10Recipes, ...imagenetRecipes };
